"""Verdicts: what a check of a strategy looked at and what it found; and the other future it is tried with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from core.events import Batch

Tell: TypeAlias = Callable[[int, int], None]  # how much is done of how much


@dataclass(frozen=True)
class Violation:
    """What is wrong, where it was seen first, and at how many bars. `kind`: cut, changed, files, unsteady or shared."""

    kind: str
    symbol: str = ""
    bar: int = 0  # its number among the symbol's, from 1
    ts_event: int = 0  # when it closed
    with_future: str = ""  # what was said
    without: str = ""
    ahead: int | None = None  # the smallest number of later bars that changes the answer
    bars: int = 0


@dataclass
class Verdict:
    """What was looked at, and what was found."""

    strategy: str
    bars: int  # all there are
    checked: int
    signals: int  # said at the bars that were checked
    most: int | None = None  # how many were checked of each symbol, from the first on; None: all
    violations: list[Violation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def mirrored(bars: Batch, cut: int) -> Batch:
    """The bars with others from `cut` on, at the same times: what rises there falls, twice as much."""
    other = bars.copy()
    later = other[cut:]
    for symbol in np.unique(later["symbol"]):
        own = later["symbol"] == symbol
        before = np.flatnonzero(bars["symbol"][:cut] == symbol)
        anchor = bars["close"][before[-1]] if len(before) else later["open"][own][0]
        for name, of in (("open", "open"), ("high", "low"), ("low", "high"), ("close", "close"), ("vwap", "vwap")):
            later[name][own] = anchor * (anchor / bars[of][cut:][own]) ** 2
    later["volume"], later["trades"] = later["volume"] * 2 + 1, later["trades"] * 2 + 1
    return np.frombuffer(bytearray(other.tobytes()), dtype=bars.dtype)
