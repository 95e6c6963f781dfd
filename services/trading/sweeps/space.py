"""A space of parameters, as a person writes it: what is swept over.

    fast=5..50:5       from 5 to 50 by 5                 mult=0.5..3:0.25    the same of any numbers
    fast=5..50         every whole number; of a parameter that may be a fraction any number at all (not for a grid)
    slow=10..640:*2    each twice the one before         mult=0.1..10:log    any number, evenly by its logarithm
    on_gap=flag|hold   these                             fast=7              this one

>>> [each.values for each in space("fast=5..20:5, on_gap=flag|hold", family("crossover")).dimensions]
[(5, 10, 15, 20), ('flag', 'hold')]
"""

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from core.errors import BadInput, nearest
from core.making import Parameter
from services.trading.sweeps.family import Family, Point, Value, family

MOST = 1_000_000  # values of a dimension, points of a grid
_RANGE = re.compile(r"([^.:|]+(?:\.[^.:|]+)?)\.\.([^:|]+)(?::([^|]+))?")
_EXAMPLE = "such as 5..50:5, 5..50, 10..640:*2, 0.1..10:log or 5|10|20"


@dataclass(frozen=True)
class Dimension:
    """One parameter and its `values`; without any, all numbers from `low` to `high`, evenly or by their logarithm."""

    name: str
    values: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    def at(self, share: float) -> Value:
        """What lies so far into it, from 0 to 1."""
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        if self.log:
            found = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            found = self.low + share * (self.high - self.low)
        found = min(max(found, self.low), self.high)
        return round(found) if self.whole else found


@dataclass(frozen=True)
class Space:
    dimensions: tuple[Dimension, ...]

    @property
    def size(self) -> int:
        """How many points there are; 0 when they cannot be counted."""
        return math.prod(len(each.values) for each in self.dimensions)

    def grid(self) -> Iterator[Point]:
        """Every point, the last parameter changing fastest; BadInput when they cannot be counted, or are too many."""
        for each in self.dimensions:
            if not each.values:
                raise BadInput(
                    f"expected steps for {each.name} in a grid, such as {each.low:g}..{each.high:g}:"
                    f"{(each.high - each.low) / 10:g}; without, take --search random or optuna"
                )
        if self.size > MOST:
            raise BadInput(f"expected a grid of at most {MOST:,} points, found {self.size:,}: take --search random")
        names = [each.name for each in self.dimensions]
        for values in itertools.product(*(each.values for each in self.dimensions)):
            yield dict(zip(names, values, strict=True))

    def point(self, number: int) -> Point:
        """The point of this number in the grid."""
        found: dict[str, Value] = {}
        for each in reversed(self.dimensions):
            number, at = divmod(number, len(each.values))
            found[each.name] = each.values[at]
        return {each.name: found[each.name] for each in self.dimensions}


def space(text: str, of: Family) -> Space:
    """The space a person writes, of a family's parameters; BadInput for anything else."""
    known = {each.name: each for each in of.parameters}
    found: dict[str, Dimension] = {}
    for part in filter(None, map(str.strip, re.split(r",(?![^()]*\))", text))):
        name, _, values = map(str.strip, part.partition("="))
        if name not in known:
            raise BadInput(
                f"expected parameters of {of.name} ({', '.join(known)}), such as {of.parameters[0].name}=5..50:5;"
                f" found {part!r}{nearest(name, known)}"
            )
        if name in found:
            raise BadInput(f"expected {name} once, found it twice")
        found[name] = _dimension(known[name], values)
    if not found:
        raise BadInput(f"expected what to sweep over ({', '.join(known)}), such as {of.parameters[0].name}=5..50:5")
    return Space(tuple(found.values()))


def _dimension(parameter: Parameter, text: str) -> Dimension:
    if ".." in text and parameter.type in {"int", "float"}:
        return _range(parameter, text)
    values = tuple(_value(parameter, each.strip()) for each in text.split("|"))
    if len(set(values)) < len(values):
        raise BadInput(f"{parameter.name}: expected each value once, found {text!r}")
    return Dimension(parameter.name, values)


def _value(parameter: Parameter, text: str) -> Value:
    if parameter.type == "int":
        return int(_number(parameter, text))
    if parameter.type == "float":
        return float(_number(parameter, text))
    if not text or (parameter.type == "choice" and text not in parameter.allowed.split(" | ")):
        raise BadInput(f"{parameter.name} must be {parameter.allowed}, was {text!r}")
    return text


def _number(parameter: Parameter, text: str) -> Decimal:
    """Decimal, so that 0.1, 0.2, 0.3 are what a person means by them."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("nan")
    whole = parameter.type == "int"
    if not found.is_finite() or (whole and found != found.to_integral_value()):
        kind = "whole numbers" if whole else "numbers"
        raise BadInput(f"{parameter.name}: expected {kind}, {_EXAMPLE}; found {text!r}")
    return found


def _range(parameter: Parameter, text: str) -> Dimension:
    found = _RANGE.fullmatch(text)
    if not found:
        raise BadInput(f"{parameter.name}: expected a range, {_EXAMPLE}; found {text!r}")
    low, high = (_number(parameter, each.strip()) for each in found.groups()[:2])
    step, whole = (found[3] or "").strip(), parameter.type == "int"
    if low >= high or (step == "log" and low <= 0):
        what = "a range from less to more" if low >= high else "a range above 0 for its logarithm"
        raise BadInput(f"{parameter.name}: expected {what}, found {text!r}")
    if step == "log" or not (step or whole):
        return Dimension(parameter.name, (), float(low), float(high), log=step == "log", whole=whole)
    return Dimension(parameter.name, _steps(parameter, (low, high), step or "1"))


def _steps(parameter: Parameter, ends: tuple[Decimal, Decimal], step: str) -> tuple[Value, ...]:
    low, high = ends
    grows = step.startswith("*")
    try:
        by = Decimal(step.removeprefix("*")) if grows else _number(parameter, step)
    except InvalidOperation:
        by = Decimal(0)
    if not by.is_finite() or by <= (1 if grows else 0) or (grows and low <= 0):
        raise BadInput(f"{parameter.name}: expected a step above 0, or *2 from above 0 on; found {low}..{high}:{step}")
    if not grows and (high - low) / by >= MOST:
        raise BadInput(f"{parameter.name}: expected at most {MOST:,} values, found {low}..{high}:{step}")
    found: dict[Value, None] = {}
    at, count = low, 0
    while at <= high and count < MOST:
        found[round(at) if parameter.type == "int" else float(at)] = None
        at, count = (at * by if grows else low + by * (count + 1)), count + 1
    return tuple(found)


__all__ = ["Dimension", "Point", "Space", "family", "space"]
