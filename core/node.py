"""A node: an indicator or a strategy, as a pure step over a small named state.

A step is called once a row: `step(s, p, *inputs)`, where `s` is the node's own state, `p` its constants and the rest
are the columns it reads: fields of the row ("close"), outputs of other nodes, or the past of either. It returns a
number (or a tuple, one per output) and changes only `s`. It is not called before its inputs are there: no NaN comes in.
In the bank it runs compiled, with `s` and `p` as records; as plain Python it runs on SimpleNamespace, which makes
every node its own oracle.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.compiled import fma, step
from core.errors import BadInput
from core.events import BAR, QUOTE, TRADE
from core.past import Past, ago, room
from core.ports import Described

State: TypeAlias = Any  # a numba record when compiled, a SimpleNamespace when interpreted
Constants: TypeAlias = Any  # the same, for what never changes
Value: TypeAlias = float | int | NDArray[Any]
Step: TypeAlias = Callable[..., Any]  # returns float or tuple[float, ...]; numba decides which
Kind: TypeAlias = Literal["bars", "trades", "quotes"]
# What a strategy does at a bar that lacks trades: its signals say so; it follows the bar and says nothing; it is not
# shown the bar.
OnGap: TypeAlias = Literal["flag", "hold", "skip"]

nan = math.nan

# What a node may read of a row, by the kind of row; a node on bars also reads nodes on trades and quotes.
FIELDS: dict[Kind, tuple[str, ...]] = {
    "bars": ("open", "high", "low", "close", "volume", "vwap", "trades", "ts_open", "ts_close"),
    "trades": ("price", "size", "side", "ts_trade"),
    "quotes": ("bid", "bid_size", "ask", "ask_size", "ts_quote"),
}
ROWS: dict[Kind, np.dtype[np.void]] = {"bars": BAR, "trades": TRADE, "quotes": QUOTE}
STORED = {"ts_trade": "ts_event", "ts_quote": "ts_event"}  # a field's name in the row, where it is another


@dataclass(frozen=True, eq=False)
class Output:
    """One output of a node of several."""

    node: "Node"
    output: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (f"{self.node.name}_{self.output}",)

    @property
    def call(self) -> str:
        return f"{self.node.call}.{self.output}"


@dataclass(frozen=True, eq=False)
class Node:
    """`state` maps names to first values (a float, an int, or an array of fixed length), `constants` likewise.

    `outputs` names the numbers a step returns; empty for one number, named like the node. `warmup` is how many rows
    with all inputs there pass before the first value that is not NaN; from then on every value is a number.
    """

    step: Step
    inputs: tuple["Input | Past", ...]
    state: Mapping[str, Value] = field(default_factory=dict)
    constants: Mapping[str, Value] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    warmup: int = 0
    cost: str = "O(1)"
    name: str = ""
    call: str = ""  # how a person asks for it: "ema(12)"
    about: str = ""
    kind: Literal["indicator", "strategy"] = "indicator"
    on_gap: OnGap = "flag"

    def __post_init__(self) -> None:
        for name in (*filter(None, [self.name]), *self.state, *self.constants, *self.outputs):
            if not (name.isascii() and name.isidentifier()):
                raise BadInput(f"expected names of letters, digits and _ in node {self.name!r}, found {name!r}")
        known = {name for names in FIELDS.values() for name in names}
        for given in self.series:
            if isinstance(given, str) and given not in known:
                raise BadInput(f"expected a field of a row ({', '.join(sorted(known))}) or a node, found {given!r}")
            if isinstance(given, Output) and given.output not in given.node.outputs:
                there = ", ".join(given.node.outputs) or "one only"
                raise BadInput(f"{given.node.call} has the outputs {there}; found {given.output!r}")
        self._check_kinds()

    def __getitem__(self, output: str) -> Output:
        return Output(self, output)

    @property
    def columns(self) -> tuple[str, ...]:
        """The node's output columns in a bank's values."""
        return tuple(f"{self.name}_{output}" for output in self.outputs) or (self.name,)

    @property
    def described(self) -> Described:
        return Described(self.name, self.call, self.columns, self.about)

    @property
    def series(self) -> tuple["str | Node | Output", ...]:
        """What it reads, pasts as the series they are of."""
        return tuple(given.of if isinstance(given, Past) else given for given in self.inputs)

    @property
    def needs(self) -> tuple["Node", ...]:
        """The nodes it reads."""
        nodes = (given.node if isinstance(given, Output) else given for given in self.series)
        return tuple(node for node in nodes if not isinstance(node, str))

    @cached_property
    def _kinds(self) -> set[Kind]:
        fields = {given for given in self.series if isinstance(given, str)}
        return {kind for kind, names in FIELDS.items() if fields & set(names)} | {node.on for node in self.needs}

    @property
    def on(self) -> Kind:
        """The rows it works on: bars as soon as it reads anything of them."""
        return "bars" if "bars" in self._kinds or not self._kinds else next(iter(self._kinds))

    def _check_kinds(self) -> None:
        """BadInput when it reads columns of rows that never come together."""
        fields = {given for given in self.series if isinstance(given, str)}
        strays = fields - set(FIELDS[self.on]) if self.on == "bars" or len(self._kinds) > 1 else set()
        if not strays and self.on != "bars" and len(self._kinds) > 1:
            strays = {node.call for node in self.needs}
        if strays:
            raise BadInput(
                f"{self.name or 'a node'} reads {', '.join(sorted(strays))} beside columns of other rows; expected"
                " inputs of one kind of row (bars may also read nodes on trades and quotes)"
            )

    @property
    def ready_after(self) -> int:
        """Rows before the first value, those its inputs need included (of bars, for a node on bars)."""
        return self.warmup + max((node.ready_after for node in self.needs if node.on == self.on), default=0)

    @property
    def fields(self) -> list[tuple[str, str, tuple[int, ...]]]:
        """Its state as fields of a record."""
        return fields_of(self.state)

    @property
    def bytes(self) -> int:
        """What it keeps for one symbol and timeframe: its state and the pasts it reads (which others may share)."""
        pasts = (given for given in self.inputs if isinstance(given, Past))
        return (np.dtype(self.fields).itemsize if self.state else 0) + sum(
            8 * room([past.length]) + 8 for past in pasts
        )

    def same(self, other: "Node") -> bool:
        """Whether both compute the same from the same: a state of one is a state of the other."""
        if self.step is not other.step or self.text != other.text:
            return False
        return all(mine.same(theirs) for mine, theirs in zip(self.needs, other.needs, strict=True))

    @cached_property
    def text(self) -> str:
        """All that shapes what it computes, but its step."""
        with np.printoptions(threshold=2**31, floatmode="unique"):
            parts = [
                str(sorted((key, str(value)) for key, value in each.items())) for each in (self.state, self.constants)
            ]
        reads = [
            given if isinstance(given, str) else given.name if isinstance(given, Past) else given.columns
            for given in self.inputs
        ]
        return f"{parts} {reads} {self.outputs} {self.on_gap}"


def fields_of(values: Mapping[str, Value]) -> list[tuple[str, str, tuple[int, ...]]]:
    """A state, or constants, as fields of a record."""
    return [
        (key, value.dtype.str[1:], value.shape)
        if isinstance(value, np.ndarray)
        else (key, "i8" if isinstance(value, int) else "f8", ())
        for key, value in values.items()
    ]


Input: TypeAlias = str | Node | Output  # a series of numbers


@dataclass(frozen=True, eq=False)
class Group:
    """Nodes for some symbols only: those with one of these names, in which * stands for anything ("BTC/*")."""

    symbols: tuple[str, ...]
    nodes: tuple[Node, ...]

    def has(self, symbol: str) -> bool:
        return any(fnmatchcase(symbol, name) for name in self.symbols)


def ordered(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes and all they need, each once, needed ones first."""
    found: dict[str, Node] = {}

    def visit(node: Node) -> None:
        for needed in node.needs:
            visit(needed)
        known = found.setdefault(node.name, node)
        if known is not node and not known.same(node):
            raise BadInput(f"two different nodes are called {node.name!r}: {known.call} and {node.call}; rename one")

    for node in nodes:
        visit(node)
    return tuple(found.values())


def reads(node: Node) -> Iterator[str]:
    """The names of what a step is given, in order."""
    for given in node.inputs:
        if isinstance(given, Past):
            yield given.name
        else:
            yield from (given,) if isinstance(given, str) else given.columns


def rings(nodes: Sequence[Node]) -> list[tuple[Past, int]]:
    """One past for each series these nodes look back on, and how long its ring must be."""
    found: dict[str, list[Past]] = {}
    for node in nodes:
        for given in node.inputs:
            if isinstance(given, Past):
                found.setdefault(given.name, []).append(given)
    return [(pasts[0], room([past.length for past in pasts])) for pasts in found.values()]


__all__ = [
    "Constants", "Group", "Input", "Kind", "Node", "OnGap", "Output", "Past", "State", "Step", "ago", "fields_of",
    "fma", "nan", "ordered", "reads", "rings", "step",
]  # fmt: skip
