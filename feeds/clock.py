"""The venue's clock, as far as it can be told from here: so that bars end on time when no trade comes."""

from collections import deque
from collections.abc import Sequence

import numpy as np

from core.events import TIME, TRADE, Batch, rows

_EVERY = 50_000_000  # between two TIME rows, nanoseconds
_LAGS, _FEW = 64, 8


class VenueClock:
    """Estimates how far arrivals lag behind events, and says what time it is at the venue.

    The lag is the lower quartile over the last trades: the two clocks may differ by seconds in either direction (a
    public recording shows 1.2 s), late prints do not pull it up, and a single wrong time does not pull it down.
    `delay` is how much longer a bar waits for trades still on their way. Time never runs backwards.
    """

    def __init__(self, delay: int = 0) -> None:
        self._delay = delay
        self._lags: deque[int] = deque(maxlen=_LAGS)
        self._said = 0  # by the venue's clock
        self._at = 0  # by ours

    def observe(self, batch: Batch) -> None:
        """Learn from trades; quotes may carry our own time instead of the venue's."""
        if batch.dtype is TRADE:
            self._lags.append(batch["ts_recv"].item(-1) - batch["ts_event"].item(-1))

    def learn(self, batches: Sequence[Batch]) -> None:
        """The same from the newest trades of several batches, which came together."""
        for batch in reversed(batches):
            if batch.dtype is TRADE:
                self.observe(batch)
                break

    @property
    def lag(self) -> float:
        """How much later by our clock trades arrive than they happened by the venue's, in nanoseconds: the way here and
        what the clocks differ by, which cannot be told apart from here. Negative when ours is behind; NaN before there
        are trades."""
        return float(self._lag()) if self._lags else float("nan")

    def row(self, now: int) -> Batch | None:
        """A TIME row, if one is due at `now` by our clock."""
        if not self._lags or now - self._at < _EVERY:
            return None
        self._at = now
        self._said = max(self._said, now - self._lag() - self._delay)
        return rows(TIME, [(self._said, now)])

    def at(self, now: int) -> int:
        """The venue's moment before which all has come, if it came as fast as usual."""
        return now - self._lag() - self._delay

    def surely(self, now: int) -> int:
        """The same, if it came as slowly as the slowest of the last few."""
        return now - max([self._lag(), *list(self._lags)[-_FEW:]]) - self._delay

    def latest(self, now: int) -> int:
        """The venue's moment after which nothing has happened yet, even if it comes faster than usual."""
        return now - self._lag() + self._delay

    def _lag(self) -> int:
        if not self._lags:
            return 0
        return int(np.partition(np.fromiter(self._lags, dtype=np.int64), len(self._lags) // 4)[len(self._lags) // 4])
