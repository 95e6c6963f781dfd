"""The socket: the one place where market data is read from a network.

What a read brought is decoded at once and waits in a box; the loop takes all that waits. When the loop falls behind,
reading pauses and the kernel's own window tells the venue to slow down: nothing is dropped here.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from core.errors import BadFrame, CandelaError, FeedRefused, one_line
from core.events import Batch, Symbols, joined
from core.log import logger
from core.ports import Clock, Subscription, Venue
from feeds.clock import VenueClock
from feeds.stats import FeedStats

_ROOM = 50_000  # rows that may wait for the loop before reading pauses
_TICK_S = 0.05
_BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_STEADY_S = 10.0  # a connection that lived this long starts the back-off afresh


class SocketFeed:
    """Batches from a venue for as long as it is not closed; reconnects by itself.

    FeedRefused when the venue says that trying again is no use. `close` ends the iteration after what was received.
    """

    def __init__(
        self,
        venue: Venue,
        subscription: Subscription,
        symbols: Symbols,
        *,
        url: str = "",
        clock: Clock = time.time_ns,
        close_delay: int = 100_000_000,
        jitter: random.Random | None = None,
    ) -> None:
        self.stats = FeedStats()
        self._venue, self._subscription, self._symbols = venue, subscription, symbols
        self._url = url or venue.url(subscription)
        self._now = clock
        self._clock = VenueClock(close_delay)
        self._jitter = jitter or random.Random()  # noqa: S311 spreads reconnects, guards nothing
        self._box: deque[Batch] = deque()
        self._waiting = 0
        self._ready = asyncio.Event()
        self._closing = asyncio.Event()
        self._error: CandelaError | None = None
        self._transport: WSTransport | None = None
        self._parts: list[bytes] = []

    def close(self) -> None:
        self._closing.set()
        self._ready.set()
        if self._transport is not None:
            self._transport.disconnect()

    async def __aiter__(self) -> AsyncIterator[Batch]:
        connecting = asyncio.create_task(self._stay_connected())
        ticking = asyncio.create_task(self._tick())
        try:
            while not (self._closing.is_set() and not self._box):
                await self._ready.wait()
                self._ready.clear()
                for batch in self._taken():
                    self._clock.observe(batch)
                    yield batch
                row = self._clock.row(self._now())
                if row is not None:
                    yield row
            await connecting
        finally:
            self.close()
            ticking.cancel()
            await asyncio.gather(connecting, ticking, return_exceptions=True)
        if self._error is not None:
            raise self._error

    def _taken(self) -> list[Batch]:
        """All that waits, neighbours of one kind joined."""
        runs: list[list[Batch]] = []
        while self._box:
            batch = self._box.popleft()
            if runs and runs[-1][0].dtype is batch.dtype:
                runs[-1].append(batch)
            else:
                runs.append([batch])
        if self._waiting > _ROOM and self._transport is not None:
            self._transport.underlying_transport.resume_reading()
        self._waiting = 0
        return [joined(run) for run in runs]

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._ready.set()

    async def _stay_connected(self) -> None:
        tries = 0
        while not self._closing.is_set():
            began = time.monotonic()
            try:
                await self._connect_once()
                reason = "the venue closed the connection"
            except (OSError, WSError, TimeoutError) as error:
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
            await _first_of(self._closing, pause)

    async def _connect_once(self) -> None:
        self._transport, _ = await ws_connect(
            lambda: _Listener(self), self._url, extra_headers=dict(self._venue.headers), enable_auto_ping=True
        )
        try:
            if self._closing.is_set():
                self._transport.disconnect()
            await self._transport.wait_disconnected()
        finally:
            self.stats.connected = False
            self._transport = None
            self._ready.set()

    def opened(self, transport: WSTransport) -> None:
        self.stats.connections += 1
        self._parts.clear()  # half a message of a connection that broke must not begin this one's first
        self._reached("open", transport)

    def received(self, transport: WSTransport, frame: WSFrame) -> None:
        ts_recv = self._now()
        payload = frame.get_payload_as_bytes()
        if self._parts or not frame.fin:
            self._parts.append(payload)
            if not frame.fin:
                return
            payload = b"".join(self._parts)
            self._parts.clear()
        self.stats.frames += 1
        try:
            decoded = self._venue.decode(payload, self._symbols, ts_recv)
        except BadFrame as error:
            self.stats.bad_frames += 1
            logger().warning("bad_frame", venue=self._venue.name, reason=str(error), count=self.stats.bad_frames)
            return
        self.stats.refused.update(decoded.refused)
        for batch in decoded.batches:
            self.stats.count(batch)
            self._waiting += len(batch)
            self._box.append(batch)
        for notice in decoded.notices:
            if notice.event == "error":
                self._said_no(notice.message, notice.code, fatal=notice.fatal)
            else:
                self._reached(notice.event, transport)
        if self._waiting > _ROOM:
            transport.underlying_transport.pause_reading()
        self._ready.set()

    def _reached(self, event: str, transport: WSTransport) -> None:
        try:
            answer = self._venue.hello(event, self._subscription)
        except CandelaError as error:
            self._error = error
            transport.disconnect()
            return
        if answer is not None:
            transport.send(WSMsgType.BINARY, answer)
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


class _Listener(WSListener):
    """picows' callbacks, handed on."""

    def __init__(self, feed: SocketFeed) -> None:
        self._feed = feed

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._feed.opened(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._feed.received(transport, frame)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()


async def _first_of(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
