"""Work: blocks of points to be evaluated, and whoever does them, wherever that is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from core.events import Batch
from services.trading.backtests import History
from services.trading.sweeps.combined import combined
from services.trading.sweeps.evaluated import Span, evaluated
from services.trading.sweeps.family import Family, Point
from strategies.terms import Terms


@dataclass(frozen=True, eq=False)
class Work:
    """What all blocks have in common, but the bars. `folds`: for each the spans that are evaluated, put together."""

    family: Family
    terms: Terms
    folder: Path
    symbols: tuple[str, ...]
    timeframe: str
    folds: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True)
class Block:
    """Points of one fold."""

    fold: int
    points: tuple[Point, ...]


class Hands(Protocol):
    """Whoever does blocks: the rows of each as it is done, in any order, each once."""

    @property
    def count(self) -> int:
        """How many blocks are done at a time."""

    def do(self, blocks: Sequence[Block]) -> Iterator[pl.DataFrame]: ...

    def close(self) -> None: ...


def done(work: Work, bars: Batch, block: Block) -> pl.DataFrame:
    """The rows of a block; the same wherever it is done."""
    history = History(bars, work.symbols, work.timeframe)
    spans = work.folds[block.fold]
    found = [evaluated(work.family, block.points, history, work.terms, work.folder, span=span) for span in spans]
    return combined(found, work.terms.cash).insert_column(
        0, pl.Series("fold", [block.fold] * len(block.points), pl.Int32)
    )


class Own:
    """This process's own hands."""

    count = 1

    def __init__(self, work: Work, bars: Batch) -> None:
        self._work, self._bars = work, bars

    def do(self, blocks: Sequence[Block]) -> Iterator[pl.DataFrame]:
        for block in blocks:
            yield done(self._work, self._bars, block)

    def close(self) -> None:
        """There is nothing to close."""
