"""Gaps of a connection: named when it breaks and when it is back, on real sockets."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgpack
import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from core.events import MISSED, NEVER, NOT_RUNNING, REASONS, SECOND, SILENT, TIME, TRADE, Batch, Symbols
from core.ports import Subscription
from feeds import ALPACA, COINBASE
from feeds.sessions import Sessions
from feeds.silence import Silence
from feeds.socket import SocketFeed
from tests.feeds.made import listen

MS = 1_000_000


class Quirky:
    """A venue that sends a trade every 10 ms and does what it is told to."""

    def __init__(self) -> None:
        self.mute = self.dumb = False  # no trades; no answer either
        self.mute_next = False  # the next connection gets none
        self.connections: list[ServerConnection] = []
        self.lost: list[int] = []  # when a trade happened that nobody was sent
        self._id = 0

    async def welcome(self, connection: ServerConnection) -> None:
        if self.dumb:
            await connection.wait_closed()
            return
        await connection.send(msgpack.packb([{"T": "success", "msg": "connected"}]))
        await connection.recv()
        await connection.send(msgpack.packb([{"T": "success", "msg": "authenticated"}]))
        await connection.recv()
        await connection.send(msgpack.packb([{"T": "subscription", "trades": ["A"]}]))
        self.mute, self.mute_next = self.mute_next, False
        self.connections.append(connection)
        await connection.wait_closed()
        self.connections.remove(connection)

    async def trade(self) -> None:
        while True:
            now = time.time_ns()
            self._id += 1
            stamp = msgpack.Timestamp(*divmod(now, SECOND))
            frame = msgpack.packb([{"T": "t", "S": "A", "i": self._id, "p": 1.0, "s": 1, "t": stamp}])
            if not await self._sent(frame):
                self.lost.append(now)
            await asyncio.sleep(0.01)

    async def _sent(self, frame: bytes) -> bool:
        """Whether anybody was sent it: a connection may have been cut and not yet been noticed."""
        sent = False
        for connection in [] if self.mute else list(self.connections):
            with suppress(ConnectionClosed):
                await connection.send(frame)
                sent = True
        return sent


@asynccontextmanager
async def listening(
    since: int = 0, silence_s: float = 60.0, sessions: Sessions | None = None
) -> AsyncIterator[tuple[Quirky, SocketFeed, list[Batch]]]:
    venue, got = Quirky(), list[Batch]()
    async with serve(venue.welcome, "127.0.0.1", 0) as server:
        trading = asyncio.create_task(venue.trade())
        port = server.sockets[0].getsockname()[1]
        feed = SocketFeed(
            ALPACA, Subscription(("A", "B"), ("trades",), "key"), Symbols(("A", "B")), url=f"ws://127.0.0.1:{port}/",
            jitter=random.Random(1), silence=Silence(int(silence_s * SECOND), sessions),
        )  # fmt: skip
        feed.since = since
        reading = asyncio.create_task(listen(feed, got))
        try:
            yield venue, feed, got
        finally:
            trading.cancel()  # first: what happens once nobody listens is not lost
            feed.close()
            await reading


async def until(true: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 a condition of another's making
            await asyncio.sleep(0.01)


def gaps(got: list[Batch]) -> list[Batch]:
    return [batch for batch in got if batch.dtype is MISSED]


def covers(gap: Batch, moments: list[int]) -> bool:
    return all(gap["from_ts"][0] <= moment < gap["to_ts"][0] for moment in moments)


async def test_a_connection_that_breaks_leaves_a_gap_that_covers_all_that_was_missed() -> None:
    async with listening() as (venue, feed, got):
        await until(lambda: feed.stats.received["trades"] > 50)
        venue.lost.clear()
        venue.connections[0].transport.abort()
        await until(lambda: feed.stats.connections == 2 and feed.stats.received["trades"] > 100)
    begun, ended = gaps(got)
    assert begun["symbol"].tolist() == ended["symbol"].tolist() == [0, 1]
    assert set(begun["to_ts"]) == {NEVER}
    assert set(begun["from_ts"]) == set(ended["from_ts"])
    assert {REASONS[row["reason"]] for row in ended} == {"disconnected"}
    assert venue.lost
    assert covers(ended, venue.lost)
    assert ended["to_ts"][0] - ended["from_ts"][0] < max(venue.lost) - min(venue.lost) + SECOND
    kinds = [batch.dtype for batch in got]
    between = kinds[kinds.index(MISSED) + 1 :]
    assert between[0] is MISSED  # while it lasts nothing comes, and no time passes
    assert {TRADE, TIME} <= set(between)


async def test_a_socket_that_stays_open_and_mute_is_noticed_and_left() -> None:
    async with listening(silence_s=5.0) as (venue, feed, got):
        await until(lambda: feed.stats.received["trades"] > 100)
        venue.lost.clear()
        venue.mute = True
        muted = time.monotonic()
        await until(lambda: feed.stats.connections == 2 and bool(feed.stats.connected))
        noticed = time.monotonic() - muted
        before = feed.stats.received["trades"]
        await until(lambda: feed.stats.received["trades"] > before + 20)
    assert noticed < 7
    begun, ended = gaps(got)
    assert (int(begun["reason"][0]), int(ended["reason"][0])) == (SILENT, SILENT)
    assert covers(ended, venue.lost)


async def test_a_connection_lost_before_it_brought_anything_leaves_a_gap_from_its_begin() -> None:
    async with listening() as (venue, feed, got):
        venue.mute_next = True
        await until(lambda: bool(venue.connections))
        await until(lambda: bool(feed.stats.connected))
        assert feed.stats.received["trades"] == 0
        venue.connections[0].transport.abort()
        await until(lambda: feed.stats.received["trades"] > 10)
    assert len(gaps(got)[-1]) == 2
    assert covers(gaps(got)[-1], venue.lost[-3:])


async def test_a_venue_that_accepts_and_never_answers_is_left_as_well() -> None:
    async with listening(silence_s=1.0) as (venue, feed, _):
        venue.dumb = True
        await until(lambda: feed.stats.connections == 2)
        venue.dumb = False
        await until(lambda: feed.stats.received["trades"] > 10)


async def stalled() -> None:
    async with listening(silence_s=1.0) as (_, feed, got):
        await until(lambda: feed.stats.received["trades"] > 50)
        for _ in range(5):
            time.sleep(1.3)  # noqa: ASYNC251 that is the stall
            before = feed.stats.received["trades"]
            await until(lambda: feed.stats.received["trades"] > before + 20)  # noqa: B023 called before it changes
    assert feed.stats.connections == 1
    assert gaps(got) == []


def test_a_stall_of_our_own_is_no_silence_of_the_venue() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # it looks at its timers before its sockets
        runner.run(stalled())


async def test_heartbeats_tell_a_quiet_market_from_a_mute_socket() -> None:
    beating = True

    async def quiet(connection: ServerConnection) -> None:
        assert isinstance(await connection.recv(), str)  # the venue reads JSON text
        await connection.send('{"type":"subscriptions","channels":[]}')
        while beating:
            await connection.send('{"type":"heartbeat","product_id":"BTC-USD","sequence":1,"last_trade_id":0}')
            await asyncio.sleep(0.2)
        await connection.wait_closed()

    async with serve(quiet, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        feed = SocketFeed(COINBASE, Subscription(("BTC-USD",)), Symbols(("BTC-USD",)), url=url, silence=Silence(SECOND))
        reading = asyncio.create_task(listen(feed, []))
        await asyncio.sleep(3)
        assert feed.stats.connections == 1
        beating = False
        await until(lambda: feed.stats.connections == 2)
        feed.close()
        await reading


async def test_the_time_between_two_runs_is_a_gap() -> None:
    since = time.time_ns() - 60 * SECOND
    async with listening(since) as (_, feed, got):
        await until(lambda: feed.stats.received["trades"] > 10)
    (gap,) = gaps(got)
    first = next(batch for batch in got if batch.dtype is TRADE)["ts_event"][0]
    assert (int(gap["from_ts"][0]), int(gap["reason"][0])) == (since, NOT_RUNNING)
    assert abs(int(gap["to_ts"][0]) - int(first)) < SECOND
    assert got.index(gap) == 0


async def test_a_first_connection_that_never_came_is_no_gap() -> None:
    async with listening() as (_, feed, got):
        await until(lambda: feed.stats.received["trades"] > 10)
    assert gaps(got) == []
