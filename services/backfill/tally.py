"""What a backfill is asked, and what it says it did."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.events import Batch
from services.backfill.merging import Span

UNTOLD, ARCHIVED = "cannot_be_told", "archived"  # beside those of core.checks

Report = Callable[[str, int, int], None]  # what is being done, how far, of how much (0: unknown)


@dataclass(frozen=True)
class Asked:
    """Where to merge, and from where until before where the history has all trades: without them, what it spans.

    `folder` has room for the history, `kernels` are kept. `close_delay` is the market's, in nanoseconds.
    """

    url: str
    folder: Path
    kernels: Path
    start: int | None = None
    end: int | None = None
    close_delay: int = 0
    dry_run: bool = False


@dataclass
class Tally:
    """A symbol's trades, each counted under one name, and what they did to its bars."""

    trades: int = 0
    known: int = 0
    inserted: int = 0
    refused: int = 0
    taken_back: int = 0  # by the history itself
    later: int = 0  # than what is surely stored of the stream
    outside: int = 0  # not asked for
    withdrawn: int = 0  # merged earlier, and brought by the stream since
    bars_corrected: int = 0
    bars_new: int = 0
    bars_waiting: int = 0  # not closed on the stream yet


@dataclass
class Backfilled:
    """What a backfill did. `settled`: the moment before which all that the stream brought is surely stored."""

    span: Span = (0, 0)
    settled: int = 0
    symbols: dict[str, Tally] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    stopped: bool = False
    amendments: dict[int, Batch] = field(default_factory=dict)  # that the history has, by symbol

    def refuse(self, tally: Tally, reason: str, rows: int) -> None:
        if rows:
            tally.refused += rows
            self.refused[reason] += rows
