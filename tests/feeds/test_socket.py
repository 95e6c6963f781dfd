"""The socket feed: refused, broken, late, closed."""

import asyncio
from collections import Counter

import msgpack
import pytest
from websockets.asyncio.server import ServerConnection, serve

from core.errors import BadInput, FeedRefused
from core.events import Batch, Symbols
from feeds import ALPACA
from feeds.socket import SocketFeed
from tests.feeds.made import NAMES, exchange, listen, subscription, totals


async def test_a_wrong_key_is_refused_in_words_and_not_tried_again() -> None:
    venue = exchange()
    await venue.start()
    feed = SocketFeed(ALPACA, subscription("wrong"), Symbols(NAMES), url=venue.url("alpaca"))
    with pytest.raises(FeedRefused, match=r"alpaca refused: auth failed \(code 402\); check the key"):
        await asyncio.wait_for(listen(feed, []), 5)
    assert feed.stats.connections == 1
    await venue.stop()


async def test_without_a_key_the_feed_says_what_to_set() -> None:
    venue = exchange()
    await venue.start()
    feed = SocketFeed(ALPACA, subscription(""), Symbols(NAMES), url=venue.url("alpaca"))
    with pytest.raises(BadInput, match="CANDELA__FEED__KEY"):
        await asyncio.wait_for(listen(feed, []), 5)
    await venue.stop()


async def test_a_malformed_frame_is_counted_and_the_stream_goes_on() -> None:
    good = {"T": "t", "S": "AAPL", "i": 1, "p": 1.0, "s": 1, "t": msgpack.Timestamp(1_700_000_000, 0)}

    async def broken(connection: ServerConnection) -> None:
        await connection.send(msgpack.packb([good]))
        for frame in (b"\xc1\xff\x00", b"", msgpack.packb({"T": "t"}), msgpack.packb([{**good, "p": "x"}, good])):
            await connection.send(frame)
        await connection.send(msgpack.packb([good]))
        await connection.wait_closed()

    async with serve(broken, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        feed = SocketFeed(ALPACA, subscription(), Symbols(NAMES), url=f"ws://127.0.0.1:{port}/")
        got: list[Batch] = []
        listening = asyncio.create_task(listen(feed, got))
        await asyncio.sleep(0.5)
        assert feed.stats.frames == 6
        feed.close()
        await listening
    assert totals(got) == {"trades": 3}
    assert feed.stats.bad_frames == 3
    assert feed.stats.refused == {"bad_message": 1}


async def test_it_comes_back_after_the_connection_broke_and_after_a_late_start() -> None:
    probe = exchange()
    await probe.start()
    port = probe.port
    await probe.stop()
    feed = SocketFeed(ALPACA, subscription(), Symbols(NAMES), url=f"ws://127.0.0.1:{port}/v2/iex")
    got: list[Batch] = []
    listening = asyncio.create_task(listen(feed, got))
    await asyncio.sleep(0.2)
    sent = Counter[str]()
    for _ in range(2):
        venue = exchange(2, port=port)
        await venue.start()
        await asyncio.wait_for(venue.finished.wait(), 20)
        await venue.stop()
        sent.update(venue.sent)
    feed.close()
    await listening
    assert feed.stats.connections == 2
    assert totals(got) == sent


async def test_a_feed_that_is_closed_yields_what_it_has_and_ends() -> None:
    venue = exchange(60, speed=1.0)
    await venue.start()
    feed = SocketFeed(ALPACA, subscription(), Symbols(NAMES), url=venue.url("alpaca"))
    got: list[Batch] = []
    listening = asyncio.create_task(listen(feed, got))
    await asyncio.sleep(0.5)
    feed.close()
    await asyncio.wait_for(listening, 5)
    assert totals(got) == feed.stats.received
    await venue.stop()
