"""A family: a strategy as a person names it, whose parameters are still to be chosen.

>>> crossovers = family("crossover(12, on_gap=hold)")
>>> crossovers.at({"fast": 5, "slow": 20})
'crossover(fast=5, slow=20, on_gap=hold)'
>>> crossovers.refusal({"fast": 30, "slow": 20})
'fast must be less than slow (20), was 30'
"""

import ast
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from core.cached import digest
from core.errors import BadInput, nearest
from core.making import Maker, Parameter, parameters
from core.node import Node, ordered
from strategies import ALL, strategy

Value: TypeAlias = int | float | str
Point: TypeAlias = Mapping[str, Value]  # parameters by name; what is not named is as the family has it


@dataclass(frozen=True)
class Family:
    """`given` are the parameters that were said with its name, as a person writes them."""

    name: str
    given: Mapping[str, str]
    parameters: tuple[Parameter, ...]

    def at(self, point: Point) -> str:
        """How a person asks for the one of these parameters."""
        chosen = {name: str(value) for name, value in point.items()}
        every = {each.name: {**self.given, **chosen}.get(each.name) for each in self.parameters}
        said = ", ".join(f"{name}={text}" for name, text in every.items() if text is not None)
        return f"{self.name}({said})" if said else self.name

    def node(self, point: Point) -> Node:
        return strategy(self.at(point))

    def refusal(self, point: Point) -> str:
        """Why there is no such strategy; nothing when there is."""
        try:
            self.node(point)
        except BadInput as error:
            return str(error)
        return ""

    def source(self, point: Point) -> str:
        """A hash of all code that shapes its signals."""
        nodes = ordered([self.node(point)])
        return digest(inspect.getsource(sys.modules[_maker(self.name).__module__]), [node.step for node in nodes])


def family(text: str) -> Family:
    """The strategy a person asks for, such as "crossover" or "crossover(12, 26)"; BadInput for anything else."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = ast.Constant(None)
    call = ast.Call(tree, [], []) if isinstance(tree, ast.Name) else tree
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in _NAMED:
        name = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else text
        raise BadInput(
            f"expected a strategy by its name ({', '.join(_NAMED)}), such as crossover or crossover(12, 26); found"
            f" {text!r}{nearest(name, _NAMED)}"
        )
    known = parameters(_maker(call.func.id))
    pairs = [*zip([each.name for each in known], call.args, strict=False)]
    pairs += [(each.arg or "", each.value) for each in call.keywords]
    given = {name: ast.unparse(value) for name, value in pairs}
    if len(given) < len(call.args) + len(call.keywords) or not set(given) <= {each.name for each in known}:
        strategy(text)
    return Family(call.func.id, given, known)


_NAMED = {maker.__name__: maker for maker in ALL}


def _maker(name: str) -> Maker:
    return _NAMED[name]
