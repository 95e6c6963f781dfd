"""The socket: the one place where market data is read from a network.

What a read brought is decoded at once (`feeds/decoder.py`) and waits in a box; the loop takes all that waits. When the
loop falls behind, quotes are conflated, which is said; of too many trades none is: reading pauses, and the kernel's own
window tells the venue to slow down.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import CandelaError, FeedRefused, one_line
from core.events import DISCONNECTED, SECOND, SILENT, Batch, Symbols
from core.log import logger
from core.ports import Clock, Subscription, Venue
from feeds.clock import VenueClock
from feeds.decoder import Decoder
from feeds.filling import Filling, Past
from feeds.gaps import Gaps
from feeds.scanner import Scanner
from feeds.silence import Silence
from feeds.stats import FeedStats
from feeds.websocket import WebSocket, connect

_ROOM, _QUOTES = 1_000_000, 30_000  # rows that may wait before reading pauses; quotes before some are left out
_BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_IDLE_S, _REPLY_S = 10.0, 10.0  # a venue that is silent so long is pinged, and left when it does not answer
_TICK_S, _STEADY_S = 0.05, 10.0  # a connection that lived as long as the latter starts the back-off afresh


class SocketFeed:
    """Batches from a venue for as long as it is not closed; reconnects by itself.

    FeedRefused when the venue says that trying again is no use. `close` ends the iteration after what was received.
    """

    def __init__(  # noqa: PLR0913 each is a choice of the one who starts it
        self,
        venue: Venue,
        subscription: Subscription,
        symbols: Symbols,
        *,
        url: str = "",
        clock: Clock = time.time_ns,
        close_delay: int = 100_000_000,
        jitter: random.Random | None = None,
        kernels: Path | None = None,
        silence: Silence | None = None,
        past: Past | None = None,
        backfill_s: float = 2.0,
        conflate: bool = False,
    ) -> None:
        self.since = 0  # when an earlier run had data last, by the venue's clock
        self.stats = FeedStats()
        self._venue, self._subscription, self._symbols = venue, subscription, symbols
        self._decoder = Decoder(venue, symbols, self.stats, kernels)
        self._url, self._now = url or venue.url(subscription), clock
        self._clock = self.stats.clock = VenueClock(close_delay)
        self._silence = silence or Silence()
        self.filling = Filling(past, symbols.names, self._add, clock, backfill_s) if past else None
        self._lost_by, self._conflate = DISCONNECTED, conflate
        self._jitter = jitter or random.Random()  # noqa: S311 spreads reconnects, guards nothing
        self._ready, self._closing = asyncio.Event(), asyncio.Event()
        self._error: CandelaError | None = None
        self._connection: WebSocket | None = None

    @property
    def scanner(self) -> Scanner | None:
        return self._decoder.scanner

    def close(self) -> None:
        self._closing.set()
        self._ready.set()
        if self._connection is not None:
            self._connection.disconnect()

    async def __aiter__(self) -> AsyncIterator[Batch]:
        self._gaps = Gaps(
            self._symbols, self._subscription.channels, self._clock, self.since, numbered=self._venue.numbered,
            ask=self.filling.ask if self.filling else None, sessions=self._silence.sessions,
        )  # fmt: skip
        connecting = asyncio.create_task(self._stay_connected())
        beside = [asyncio.create_task(self._tick())]
        beside += [asyncio.create_task(self.filling.run())] if self.filling else []
        try:
            while not self._closing.is_set() or self._decoder:
                await self._ready.wait()
                self._ready.clear()
                for batch in self._taken():
                    if self._venue.numbered:
                        for missed in self._gaps.skipped(batch, self._now()):
                            yield missed
                    yield batch
                row = None if self._gaps.open else self._clock.row(self._now())
                if row is not None:
                    yield row
            await connecting
        finally:
            self.close()
            for task in beside:
                task.cancel()
            await asyncio.gather(connecting, *beside, return_exceptions=True)
        if self._error is not None:
            raise self._error

    def _taken(self) -> list[Batch]:
        """All that waits; there is room again."""
        if self._connection is not None:
            self._connection.resume_reading()
        taken = self._decoder.taken()
        self._clock.learn(taken)
        return taken

    def _add(self, *batches: Batch) -> None:
        for batch in batches:
            self._decoder.put(batch)
        self._ready.set()

    async def _tick(self) -> None:
        before = False
        while True:
            await asyncio.sleep(_TICK_S)
            silent = self._is_silent()
            if silent and before and self._connection is not None:
                self._leave_silent(self._connection)
            before = silent
            self._add(*self._gaps.due(self._now()))

    def _is_silent(self) -> bool:
        """Whether the venue says nothing for too long. Twice in a row: after a stall of ours we have to read first."""
        now, listening = self._now(), self._connection is not None and not self._connection.paused
        return listening and self._silence.overdue(now, self._clock.at(now))

    def _leave_silent(self, connection: WebSocket) -> None:
        """Whoever is silent for too long is left, and asked again on a new connection."""
        limit = self._silence.limit / SECOND
        logger().warning("feed_silent", venue=self._venue.name, limit_s=round(limit, 1))
        self._silence.given_up()
        self._lost_by = SILENT
        connection.abort()

    async def _stay_connected(self) -> None:
        tries = 0
        while not self._closing.is_set():
            began = time.monotonic()
            try:
                reason = await self._connect_once()
            except OSError as error:
                reason = one_line(error)
            except CandelaError as error:
                self._error = error
            if self._error is not None:
                self.close()
            if self._closing.is_set():
                break
            tries = 0 if time.monotonic() - began > _STEADY_S else tries
            pause = _BACK_OFF_S[min(tries, len(_BACK_OFF_S) - 1)] * self._jitter.uniform(0.8, 1.2)
            tries += 1
            logger().warning("feed_lost", venue=self._venue.name, reason=reason, again_in_s=round(pause, 2))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), pause)

    async def _connect_once(self) -> str:
        """Stay connected for as long as it lasts; why it ended."""
        try:
            connection = await connect(self._url, self, self._venue.headers, self._now)
            if self._closing.is_set():
                connection.disconnect()
            return await connection.watch(_IDLE_S, _REPLY_S)
        finally:
            if self.stats.connected:
                self._lost()
            self._connection = None
            self._ready.set()

    def _lost(self) -> None:
        self.stats.connected = False
        self._add(*self._gaps.lost(self._silence.since, self._lost_by, self._now()))
        self._lost_by = DISCONNECTED

    def opened(self, connection: WebSocket) -> None:
        self.stats.connections += 1
        self._connection = connection
        self._silence.opened(self._now())
        self._reached("open", connection)

    def scanned(self, batches: Sequence[Batch], scanner: Scanner) -> None:
        before = len(self._decoder.box)
        self._decoder.scanned(batches, scanner)
        self._heard(before, self._now())
        self._came()

    def received(self, connection: WebSocket, message: bytes, ts_recv: int) -> None:
        before, damaged, since = len(self._decoder.box), self.stats.damaged, self._silence.since
        notices = self._decoder.checked(message, ts_recv)
        if len(self._decoder.box) > before:
            self._heard(before, ts_recv)
        for notice in notices:
            if notice.event == "heartbeat":
                self._heard(len(self._decoder.box), ts_recv)
            elif notice.event == "error":
                self._said_no(notice.message, notice.code, fatal=notice.fatal)
            else:
                self._reached(notice.event, connection)
        if self.stats.damaged > damaged and self.stats.connected and not self._gaps.open:
            self._add(self._gaps.damaged(since, ts_recv))
        self._came()

    def _heard(self, before: int, now: int) -> None:
        """Data came, the batches in the box from place `before` on; with the first of it a gap ends."""
        self._silence.heard(now)
        if self._gaps.open and self.stats.connected:
            came = [self._decoder.box[place] for place in range(before, len(self._decoder.box))]
            for missed in self._gaps.found(came, now):
                self._decoder.put(missed, before)

    def _came(self) -> None:
        if self._conflate and self._decoder.quotes > max(_QUOTES, 2 * len(self._symbols)):
            left_out = self._decoder.conflate()
            self.stats.shed["quotes"] += len(left_out)
            self._add(self._gaps.conflated(left_out, self._now()))
        if self._decoder.waiting > _ROOM and self._connection is not None:
            self._connection.pause_reading()
        self._ready.set()

    def _reached(self, event: str, connection: WebSocket) -> None:
        try:
            answer = self._venue.hello(event, self._subscription)
        except CandelaError as error:
            self._error = error
            connection.disconnect()
            return
        if answer is not None:
            connection.send(answer)
        if event == self._venue.ready:
            self.stats.connected = True
            logger().info("feed_connected", venue=self._venue.name, symbols=len(self._subscription.symbols))

    def _said_no(self, message: str, code: int, *, fatal: bool) -> None:
        logger().error("feed_error", venue=self._venue.name, code=code, message=message)
        if fatal:
            self._error = FeedRefused(
                f"{self._venue.name} refused: {message or 'no reason given'} (code {code}); "
                "check the key, the secret and what the account may subscribe to"
            )
            self.close()
