"""Gaps of a connection: what a feed missed while it was not connected, or connected and silent."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from core.events import (
    CHANNELS,
    CONFLATED,
    DAMAGED,
    IMPOSSIBLE,
    MISSED,
    NEVER,
    NOT_RUNNING,
    PENDING,
    SEQUENCE,
    TIME,
    TRADE,
    Batch,
    Symbols,
    rows,
)
from feeds.clock import VenueClock
from feeds.sequence import Holes
from feeds.sessions import Sessions


class Gaps:
    """`lost` when a connection ends, `found` when data flows again: MISSED rows of every symbol and channel. `damaged`
    when something could not be read, `skipped` for what is missing by the venue's own numbers, if it has any.

    Nothing is missed while the venue is closed. `since` is when an earlier run had data last, by the venue's clock; 0
    when there was none. A gap is longer than what is missing by the clock's delay on either side. `ask` is told of
    every gap that has ended.
    """

    def __init__(
        self,
        symbols: Symbols,
        channels: Sequence[str],
        clock: VenueClock,
        since: int = 0,
        *,
        numbered: bool = False,
        ask: Callable[[Batch], None] | None = None,
        sessions: Sessions | None = None,
    ) -> None:
        self._symbols, self._clock, self._ask = symbols, clock, ask
        self._sessions = sessions or Sessions()
        self._channels = [CHANNELS.index(channel) for channel in channels if channel in CHANNELS]
        self._from, self._reason = since, NOT_RUNNING
        self._begun = False  # it was said that one has begun
        self._holes = Holes() if numbered else None

    @property
    def open(self) -> bool:
        return self._from > 0

    def lost(self, last: int, reason: int, now: int) -> Iterator[Batch]:
        """The connection that brought data at `last` is no more; rows without an end, and time up to them before."""
        if self._holes is not None:
            self._holes.forget()
        if self.open or not last:
            return
        self._from, self._reason = self._clock.surely(last), reason
        yield from self.due(now)

    def due(self, now: int) -> Iterator[Batch]:
        """What has to be said of a connection that was lost: nothing is missed for as long as the venue is closed."""
        if self.open and not self._begun and self._reason != NOT_RUNNING:
            start, end = self._sessions.within(self._from, max(self._clock.at(now), self._from + 1))
            if start < end:
                self._from, self._begun = start, True
                yield rows(TIME, [(start, now)])
                yield self._everything((start, NEVER), self._reason, now)

    def found(self, came: Sequence[Batch], now: int) -> Iterator[Batch]:
        """Data flows again, and this is the first: all that happens behind the newest of it will come."""
        if self.open:
            newest = max((int(batch["ts_event"].max()) for batch in came), default=0)
            known = max(self._clock.latest(now), newest, self._from + 1)
            span, begun = self._sessions.within(self._from, known), self._begun
            self._from, self._begun = 0, False
            if begun or span[0] < span[1]:
                yield self._ended(self._everything(span, self._reason, now))

    def damaged(self, last: int, now: int) -> Batch:
        """What came between data at `last` and now could not be read; whatever it was is missing."""
        begin = self._clock.surely(last)
        return self._ended(self._everything((begin, max(self._clock.latest(now), begin + 1)), DAMAGED, now))

    def conflated(self, quotes: Batch, now: int) -> Batch:
        """Between the first and the last of these quotes, which were left out, others of their symbol are lacking."""
        known, channel = self._clock.at(now), CHANNELS.index("quotes")
        told = []
        for symbol in np.unique(quotes["symbol"]).tolist():
            times = quotes["ts_event"][quotes["symbol"] == symbol]
            span = int(times.min()), int(times.max()) + 1
            told.append((known, now, 0, *span, symbol, channel, CONFLATED, IMPOSSIBLE, 0))
        return rows(MISSED, told)

    def skipped(self, batch: Batch, now: int) -> Iterator[Batch]:
        """What is missing before or among these trades."""
        holes = self._holes.of(batch, len(self._symbols)) if self._holes is not None and batch.dtype is TRADE else ()
        if holes:
            known, channel = self._clock.at(now), CHANNELS.index("trades")
            given = ((known, now, 0, start, to, symbol, channel, SEQUENCE, PENDING, 0) for symbol, start, to in holes)
            yield self._ended(rows(MISSED, given))

    def _ended(self, missed: Batch) -> Batch:
        if self._ask is not None:
            self._ask(missed)
        return missed

    def _everything(self, span: tuple[int, int], reason: int, now: int) -> Batch:
        """All symbols and channels; what is no trade cannot be had again."""
        known, trades = self._clock.at(now), CHANNELS.index("trades")
        found = rows(
            MISSED,
            (
                (known, now, 0, *span, symbol, channel, reason, PENDING, 0)
                for symbol in range(len(self._symbols))
                for channel in self._channels
            ),
        )
        found["backfill"][(found["channel"] != trades) & (found["to_ts"] != NEVER)] = IMPOSSIBLE
        return found
