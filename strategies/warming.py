"""Warm-up: how many rows of history a strategy needs before it no longer matters where the history began.

The same bars from many different starts are compared with the run from the first bar on. A column has settled once it
agrees until the end, bit for bit or to 1e-9 of its size (the larger of the value and the column's usual one), and
agrees for at least as long as it did not; what has not by then is said to never settle in this history.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.bank import Bank
from core.events import GAP, Batch
from strategies.frames import FrameStrategy, signals
from strategies.verdicts import Tell

Columns: TypeAlias = Mapping[str, NDArray[np.float64]]  # a number a bar
Run: TypeAlias = Callable[[Batch], Columns]

_CLOSE = 1e-9
_STARTS = 100


@dataclass(frozen=True)
class Settled:
    """Rows until a column agrees whatever the start; None: not in this history."""

    column: str
    exactly: int | None
    nearly: int | None
    declared: int | None = None  # rows before the first value, as its node says
    found: int | None = None  # and as it is

    @property
    def right(self) -> bool:
        return self.declared == self.found


@dataclass
class Warmth:
    """What was found; `rows`: with so many rows of history in front, all signals are those of an uninterrupted run."""

    strategy: str
    bars: int
    starts: int
    rows: int | None
    columns: list[Settled] = field(default_factory=list)

    @property
    def settles(self) -> bool:
        return self.rows is not None and all(each.nearly is not None for each in self.columns)

    @property
    def right(self) -> bool:
        return all(each.right for each in self.columns)


def of_bank(bank: Bank, symbols: int) -> Run:
    """The values of a bank's one strategy and of what it reads."""

    def run(bars: Batch) -> Columns:
        bank.clear(symbols)
        values, _ = bank(np.ascontiguousarray(bars))
        return {name: values[name] for name in bank.outputs}

    return run


def of_frames(strategy: FrameStrategy, symbols: Sequence[str]) -> Run:
    """The sides and strengths of a frame strategy, at the bars they count from."""

    def run(bars: Batch) -> Columns:
        found = {"side": np.zeros(len(bars)), "strength": np.zeros(len(bars))}
        said, at = signals(strategy, bars, symbols)
        for name, column in found.items():
            column[at] = said[name]
        return found

    return run


def warmth(name: str, run: Run, sides: tuple[str, str], bars: Batch, tell: Tell) -> Warmth:
    """How a strategy of this name settles; `sides`: which two of the columns are its signals."""
    whole, row = run(bars), _rows(bars)
    last = int(np.bincount(bars["symbol"]).max(initial=0))
    starts = np.unique(np.linspace(1, last // 2, min(_STARTS, last // 2)).astype(np.int64))
    size = {column: _usual(values) for column, values in whole.items()}
    exact: dict[str, list[int | None]] = {column: [] for column in whole}
    near: dict[str, list[int | None]] = {column: [] for column in whole}
    said: list[int | None] = []
    for done, start in enumerate(starts):
        kept = row >= start
        alone, behind = run(bars[kept]), row[kept] - start
        apart = np.zeros(len(behind), dtype=bool)
        for column, values in alone.items():
            other = whole[column][kept]
            same = (values == other) | (np.isnan(values) & np.isnan(other))
            close = same | (np.abs(values - other) <= _CLOSE * np.maximum(np.abs(other), size[column]))
            exact[column].append(_settled(~same, behind))
            near[column].append(_settled(~close, behind))
            apart |= _other_signal(column, values, other, ~close, sides)
        said.append(_settled(apart, behind))
        tell(done + 1, len(starts))
    columns = [Settled(column, _most(exact[column]), _most(near[column])) for column in whole]
    return Warmth(name, len(bars), len(starts), _most(said), columns)


def _other_signal(
    column: str,
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    differs: NDArray[np.bool_],
    sides: tuple[str, str],
) -> NDArray[np.bool_]:
    """Where a signal differs; before the warm-up is over there is none, which is the same as one without a side."""
    if column not in sides:
        return np.zeros(len(one), dtype=bool)
    return differs & ((np.nan_to_num(one) != 0.0) | (np.nan_to_num(other) != 0.0))


def _rows(bars: Batch) -> NDArray[np.int64]:
    """The number of each bar among those of its symbol."""
    found = np.empty(len(bars), dtype=np.int64)
    for symbol in np.unique(bars["symbol"]):
        own = bars["symbol"] == symbol
        found[own] = np.arange(int(own.sum()))
    return found


def _usual(values: NDArray[np.float64]) -> float:
    known = np.abs(values[np.isfinite(values) & (values != 0.0)])  # of a strength most are none
    return float(np.median(known)) if len(known) else 0.0


def _settled(differs: NDArray[np.bool_], behind: NDArray[np.int64]) -> int | None:
    """Rows until the last difference, or None where as many rows did not agree behind it."""
    if not differs.any():
        return 0
    rows = int(behind[differs].max()) + 1
    return rows if 2 * rows <= int(behind.max()) + 1 else None


def _most(found: Sequence[int | None]) -> int | None:
    return None if None in found else max((each for each in found if each is not None), default=0)


def declared(bank: Bank, bars: Batch, symbols: int) -> dict[str, tuple[int, int]]:
    """For each column how many rows come before its first value: as its node says, and as it is in these bars."""
    bank.clear(symbols)
    seen = bars[bars["quality"] != GAP] if any(node.on_gap == "skip" for node in bank.nodes) else bars
    values, _ = bank(np.ascontiguousarray(seen))
    row, found = _rows(seen), dict[str, tuple[int, int]]()
    for node in (*bank.indicators, *bank.strategies):
        for column in node.columns:
            missing = row[np.isnan(values[column])]
            found[column] = node.ready_after, int(missing.max(initial=-1)) + 1
    return found
