"""How a space is searched: rounds of points to be evaluated, each told what came of it.

A round does not depend on how many cores there are, nor on which of its points were evaluated before: the same search
asks for the same points, however often it was broken off.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from core.errors import BadInput
from services.trading.sweeps.family import Point
from services.trading.sweeps.space import Space

Refusal = Callable[[Point], str]

_AGAIN = 10_000  # draws one after another that bring nothing new: there is nothing new
_REFUSED = 1_000  # refused for each that was not: nearly all of the space has no strategy


class Search(Protocol):
    """`ask` for points until there are none, and `tell` what each was worth; more is better, NaN is no worth at all."""

    def ask(self) -> Sequence[Point]: ...

    def tell(self, worths: Sequence[float]) -> None: ...


@dataclass(frozen=True)
class Chosen:
    """Points that were chosen beforehand, and why how many others were left out."""

    points: tuple[Point, ...]
    left_out: Counter[str] = field(default_factory=Counter)


class Listed:
    """All in one round."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._points: Sequence[Point] = points

    def ask(self) -> Sequence[Point]:
        points, self._points = self._points, ()
        return points

    def tell(self, worths: Sequence[float]) -> None:
        """Nothing is learnt of it."""


def every(space: Space, refusal: Refusal) -> Chosen:
    """Every point of a grid that there is a strategy for; BadInput when there is none."""
    return _chosen(space.grid(), space.size, refusal, math.inf)


def drawn(space: Space, count: int, seed: int, refusal: Refusal) -> Chosen:
    """So many different points by chance, evenly over the space; fewer when there are no more. More begin the same."""
    random = np.random.default_rng(seed)
    points = _shuffled(space, random) if space.size else _anywhere(space, random)
    return _chosen(points, count, refusal, _REFUSED)


def _chosen(points: Iterator[Point], count: int, refusal: Refusal, patience: float) -> Chosen:
    found: list[Point] = []
    seen: set[tuple[object, ...]] = set()
    left_out: Counter[str] = Counter()
    again = 0
    for point in points:
        known = tuple(point.values()) in seen
        again = again + 1 if known else 0
        if again > _AGAIN:
            break
        if known:
            continue
        seen.add(tuple(point.values()))
        if reason := refusal(point):
            left_out[reason] += 1
        else:
            found.append(point)
        if len(found) == count or left_out.total() > patience * (len(found) + 1):
            break
    if not found:
        raise BadInput(f"expected parameters there is a strategy for, found none: {left_out.most_common(1)[0][0]}")
    return Chosen(tuple(found), left_out)


def _shuffled(space: Space, random: np.random.Generator) -> Iterator[Point]:
    """All, in a random order; of a large space as they fall, without writing them down."""
    if space.size <= 1 << 20:
        yield from map(space.point, random.permutation(space.size).tolist())
    while space.size > 1 << 20:
        yield space.point(int(random.integers(space.size)))


def _anywhere(space: Space, random: np.random.Generator) -> Iterator[Point]:
    while True:
        shares = random.random(len(space.dimensions)).tolist()
        yield {each.name: each.at(share) for each, share in zip(space.dimensions, shares, strict=True)}
