"""A node: an indicator or a strategy, as a pure step over a small named state.

A step is called once a row: `step(s, x, *needed)`, where `s` is the node's own state, `x` the row and the rest
are the outputs of the nodes it needs. It returns a number (or a tuple, one per output) and changes only `s`.
In the bank it runs compiled, with `s` and `x` as records; as plain Python it runs on SimpleNamespace, which
makes every node its own oracle.
"""

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, SimpleNamespace
from typing import Any, Literal, TypeAlias, TypeVar

import numba
import numpy as np
from numba.core.registry import CPUDispatcher
from numpy.typing import NDArray

from core.errors import BadInput
from core.events import BAR

State: TypeAlias = Any  # a numba record when compiled, a SimpleNamespace when interpreted
Row: TypeAlias = Any  # the same, for the row
Value: TypeAlias = float | int | NDArray[np.float64]
Step: TypeAlias = Callable[..., Any]  # returns float or tuple[float, ...]; numba decides which
F = TypeVar("F", bound=Callable[..., Any])

nan = math.nan


def step(function: F) -> F:
    """Compile a step. The one place that knows the flags: exact arithmetic, C-like division, no caching
    (a step is compiled into the bank's kernel, and that is what is cached)."""
    compiled: F = numba.njit(error_model="numpy", fastmath=False)(function)
    return compiled


def kernel(function: F) -> F:
    """Compile a loop over rows that stands by itself; cached on disk, so it may call only what its own file defines."""
    compiled: F = numba.njit(cache=True, error_model="numpy", fastmath=False)(function)
    return compiled


@dataclass(frozen=True, eq=False)
class Node:
    """`state` maps names to first values: a float, an int, or an array (a window of fixed length).

    `outputs` names the numbers a step returns; empty for one number, named like the node.
    `warmup` is how many rows pass before the first value that is not NaN.
    """

    name: str
    step: Step
    state: Mapping[str, Value]
    needs: tuple["Node", ...] = ()
    outputs: tuple[str, ...] = ()
    on: np.dtype[np.void] = field(default=BAR, repr=False)
    warmup: int = 0
    call: str = ""  # how a person asks for it: "ema(12)"
    about: str = ""
    kind: Literal["indicator", "strategy"] = "indicator"

    def __post_init__(self) -> None:
        for name in (self.name, *self.state, *self.outputs):
            if not name.isidentifier():
                raise BadInput(f"expected names of letters, digits and _ in node {self.name!r}, found {name!r}")

    @property
    def columns(self) -> tuple[str, ...]:
        """The node's output columns in a bank's values."""
        return tuple(f"{self.name}_{output}" for output in self.outputs) or (self.name,)

    @property
    def dtype(self) -> np.dtype[np.void]:
        fields = [
            (key, value.dtype, value.shape)
            if isinstance(value, np.ndarray)
            else (key, np.dtype("i8" if isinstance(value, int) else "f8"), ())
            for key, value in self.state.items()
        ]
        return np.dtype(fields, align=True)


def ordered(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """The nodes and all they need, each once, needed ones first."""
    found: dict[str, Node] = {}

    def visit(node: Node) -> None:
        for needed in node.needs:
            visit(needed)
        known = found.setdefault(node.name, node)
        if known.step is not node.step or str(known.state) != str(node.state):
            raise BadInput(f"two different nodes are called {node.name!r}: {known.call} and {node.call}; rename one")

    for node in nodes:
        visit(node)
    return tuple(found.values())


def interpreted(function: Step) -> Step:
    """The same step as plain Python, the compiled functions it calls as well."""
    plain = _plain(function)
    names = {
        name: interpreted(value)
        for name, value in plain.__globals__.items()
        if name in plain.__code__.co_names and isinstance(value, CPUDispatcher)
    }
    return FunctionType(plain.__code__, {**plain.__globals__, **names}, plain.__name__)


def _plain(function: Step) -> FunctionType:
    plain: FunctionType = function.py_func if isinstance(function, CPUDispatcher) else function  # type: ignore[assignment]
    return plain


def fresh(node: Node) -> SimpleNamespace:
    """A node's first state for interpreted use."""
    return SimpleNamespace(
        **{key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in node.state.items()}
    )


def whole(name: str, value: int, at_least: int = 1) -> int:
    """`value`, if it is a whole number of at least `at_least`; a sentence otherwise."""
    if not isinstance(value, int) or isinstance(value, bool) or value < at_least:
        raise BadInput(f"{name} must be a whole number of at least {at_least}, was {value!r}")
    return value


def within(name: str, value: float, low: float, high: float) -> float:
    """`value` as a float, if it lies in [low, high]; a sentence otherwise."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise BadInput(f"{name} must be a number from {low:g} to {high:g}, was {value!r}")
    return float(value)


def build(text: str, makers: Mapping[str, Callable[..., Node]]) -> Node:
    """The node a person asks for with `text`, such as "ema(12)": a known name and plain numbers."""
    expected = f'expected one of {", ".join(makers)} with numbers, such as "ema(20)"; found {text!r}'
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        call = tree if isinstance(tree, ast.Call) else ast.Call(tree, [], [])
        maker = makers[call.func.id if isinstance(call.func, ast.Name) else ""]
        given = [ast.literal_eval(argument) for argument in call.args]
        named = {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, KeyError):
        raise BadInput(expected) from None
    try:
        return maker(*given, **named)
    except TypeError as error:
        raise BadInput(f"{text!r}: {error}") from None
