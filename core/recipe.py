"""Recipes: what a journal says of its rows, so that they explain themselves: their names, and of what engine they are.

Both are JSON: a catalogue to read rows with, and the recipe by which the engine that made them can be made again.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Self

from core.ports import Catalogue, Described

if TYPE_CHECKING:  # whoever reads rows needs no compiler
    from core.engine import Engine
    from core.node import Node

Last = Mapping[str, Mapping[str, int]]  # of symbols, the last number by channel


@dataclass(frozen=True)
class Asked:
    """Nodes as a person asks for them, of every symbol or of those with one of these names."""

    indicators: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ("*",)

    @classmethod
    def of(cls, nodes: "tuple[Node, ...]", symbols: tuple[str, ...] = ("*",)) -> Self:
        indicators, strategies = (
            tuple(node.call for node in nodes if node.kind == kind) for kind in ("indicator", "strategy")
        )
        return cls(indicators, strategies, symbols)


@dataclass(frozen=True)
class Recipe:
    """An engine, and how its run began: at a position of the journal, anew or going on with what was known.

    `numbers` are the last ones of symbols that had not come when it began, all numbers go on so much behind as
    `missed`. `versions` made the rows.
    """

    timeframes: tuple[str, ...]
    nodes: Asked
    groups: tuple[Asked, ...] = ()
    bars: str = "trades"
    lookback: int = 0
    kernel: str = ""
    began: int = 0
    warm: bool = False  # it went on from where the run before it ended, with the same nodes
    numbers: Last = field(default_factory=dict)
    missed: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: "Engine") -> Self:
        bank = engine.bank
        return cls(
            timeframes=engine.timeframes,
            nodes=Asked.of(bank.asked),
            groups=tuple(Asked.of(group.nodes, group.symbols) for group in bank.groups),
            bars="trades" if bank.book["makes_bars"][0] else "venue",
            lookback=engine.lookback,
            kernel=bank.name,
        )

    @property
    def text(self) -> str:
        return json.dumps(asdict(self))


def versions() -> dict[str, str]:
    """What makes the rows, besides the nodes."""
    names = ("candela", "numpy", "numba")
    return {"python": sys.version.split()[0], **{name: metadata.version(name) for name in names}}


def read(text: bytes | memoryview) -> Recipe | None:
    """The recipe whose `text` this is; None where a journal has none."""
    plain = json.loads(bytes(text) or b"null")
    if plain is None:
        return None
    asked = [_asked(each) for each in (plain["nodes"], *plain["groups"])]
    given = {**plain, "timeframes": tuple(plain["timeframes"]), "nodes": asked[0], "groups": tuple(asked[1:])}
    return Recipe(**given)


def _asked(plain: Mapping[str, list[str]]) -> Asked:
    return Asked(**{name: tuple(values) for name, values in plain.items()})


def told(catalogue: Catalogue) -> bytes:
    """A catalogue as JSON."""
    return padded(json.dumps(asdict(catalogue)))


def padded(text: str) -> bytes:
    """A text in whole words of eight bytes: rows stay aligned."""
    data = text.encode()
    return data + b" " * (-len(data) % 8)


def understood(text: memoryview) -> Catalogue:
    """The catalogue `told` gave."""
    plain = json.loads(bytes(text))
    described = {
        name: tuple(
            Described(each["name"], each["call"], tuple(each["outputs"]), each["about"]) for each in plain[name]
        )
        for name in ("indicators", "strategies")
    }
    return Catalogue(plain["source"], tuple(plain["symbols"]), tuple(plain["timeframes"]), **described)
