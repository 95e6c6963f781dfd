"""Gaps of a connection: what a feed missed while it was not connected, or connected and silent."""

from collections.abc import Iterator, Sequence

from core.events import CHANNELS, MISSED, NEVER, NOT_RUNNING, PENDING, TIME, Batch, Symbols, rows
from feeds.clock import VenueClock


class Gaps:
    """`lost` when a connection ends, `found` when data flows again: MISSED rows of every symbol and channel.

    `since` is when an earlier run had data last, by the venue's clock; 0 when there was none. A gap is longer
    than what is missing by the clock's delay on either side.
    """

    def __init__(self, symbols: Symbols, channels: Sequence[str], clock: VenueClock, since: int = 0) -> None:
        self._symbols, self._clock = symbols, clock
        self._channels = [CHANNELS.index(channel) for channel in channels if channel in CHANNELS]
        self._from, self._reason = since, NOT_RUNNING

    @property
    def open(self) -> bool:
        return self._from > 0

    def lost(self, last: int, reason: int, now: int) -> Iterator[Batch]:
        """The connection that brought data at `last` is no more; rows without an end, and time up to them before."""
        if self.open or not last:
            return
        self._from, self._reason = self._clock.at(last), reason
        yield rows(TIME, [(self._from, now)])
        yield self._rows(NEVER, now)

    def found(self, now: int) -> Iterator[Batch]:
        """Data flows again from now on."""
        if self.open:
            yield self._rows(max(self._clock.latest(now), self._from + 1), now)
            self._from = 0

    def _rows(self, to: int, now: int) -> Batch:
        known = self._clock.at(now)
        return rows(
            MISSED,
            (
                (known, now, 0, self._from, to, symbol, channel, self._reason, PENDING, 0)
                for symbol in range(len(self._symbols))
                for channel in self._channels
            ),
        )
