"""Coinbase's frames, as its documents show them and made up, and its greeting over a real socket."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from websockets.asyncio.server import ServerConnection, serve

from core.errors import BadFrame, FeedRefused
from core.events import QUOTE, TRADE, Batch, Symbols, kind
from core.ports import Decoded, Notice, Subscription
from feeds.coinbase import COINBASE, decode
from feeds.socket import SocketFeed
from tests.feeds.made import listen

FRAMES = [line.split(b" ", 1) for line in (Path(__file__).parent / "frames/coinbase.txt").read_bytes().splitlines()]
MATCH = json.loads(FRAMES[2][1])
ASKED = Subscription(("BTC-USD", "ETH-USD"), ("trades", "quotes", "bars"))


def symbols() -> Symbols:
    return Symbols(["BTC-USD", "ETH-USD"])


def decoded(number: int) -> Decoded:
    stamp, frame = FRAMES[number]
    return decode(frame, symbols(), int(stamp))


@pytest.mark.parametrize(
    ("number", "row"),
    [
        (1, (1415348360500000000, 1415348367100000000, 0, 9, 400.2, 0.5, 0, -1)),  # a maker who bought met a seller
        (2, (1415348367028459000, 1415348367128459000, 0, 10, 400.23, 5.23512, 0, 1)),
        (3, (1666222102061769000, 1666222102161769000, 0, 1285.04, 0.46688654, 1285.27, 1.5663704, 1)),
        (4, (1504371949250000000, 1666222102200000000, 0, 4388.0, 0.0, 4388.01, 0.0, 0)),  # of before there were sizes
    ],
)
def test_documented_frames_become_the_expected_rows(number: int, row: tuple[float, ...]) -> None:
    (batch,) = decoded(number).batches
    assert batch.dtype is (TRADE if number < 3 else QUOTE)
    assert batch[0].item() == row


def test_what_is_no_data_is_a_notice() -> None:
    assert decoded(0).notices == [Notice("subscribed")]
    assert decoded(5).notices == [Notice("heartbeat", "BTC-USD")]


def test_a_refused_subscription_is_fatal_and_slowness_is_not() -> None:
    refused = "Failed to subscribe: BTC-XXX is not a valid product"
    assert decoded(6).notices == [Notice("error", refused, fatal=True)]
    assert decoded(7).notices == [Notice("error", "ErrSlowConsume", fatal=False)]


def test_books_and_statuses_are_not_used_and_a_new_type_is_counted_by_name() -> None:
    assert decoded(8).refused == decoded(9).refused == decoded(10).refused == {"not_used": 1}
    assert decoded(11).refused == {"unknown_type": 1}


@pytest.mark.parametrize(
    "frame",
    [
        FRAMES[12][1],
        b"",
        b"[]",
        b"{}",
        b'{"type":""}',
        b'{"type":1}',
        b'{"e":"trade"}',
        json.dumps(MATCH | {"side": "both"}).encode(),
        json.dumps(MATCH | {"price": "high"}).encode(),
        json.dumps(MATCH | {"trade_id": -1}).encode(),
        b"[" * 100_000,
    ],
)
def test_a_frame_that_is_none_is_a_bad_frame_in_words(frame: bytes) -> None:
    with pytest.raises(BadFrame, match="expected a message of Coinbase's feed"):
        decode(frame, symbols(), 1)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"product_id": "DOGE-USD"}, "unknown_symbol"),
        ({"time": "yesterday"}, "bad_time"),
        ({"time": "1914-11-07T08:19:27Z"}, "bad_time"),
        ({"time": ""}, "bad_time"),
    ],
)
def test_a_row_that_cannot_be_placed_is_refused_by_name(changed: dict[str, Any], reason: str) -> None:
    for number in (2, 3):
        frame = json.dumps(json.loads(FRAMES[number][1]) | changed).encode()
        assert decode(frame, symbols(), 5) == Decoded(refused={reason: 1})


@pytest.mark.parametrize(("fraction", "rest"), [("", 0), (".5", 500_000_000), (".123456789", 123_456_789)])
def test_times_are_read_to_the_nanosecond(fraction: str, rest: int) -> None:
    frame = json.dumps(MATCH | {"time": f"2014-11-07T08:19:27{fraction}Z"}).encode()
    assert decode(frame, symbols(), 5).batches[0]["ts_event"].tolist() == [1415348367 * 10**9 + rest]


@given(frame=some.binary(max_size=200))
def test_whatever_bytes_come_only_a_bad_frame_is_raised(frame: bytes) -> None:
    with suppress(BadFrame):
        decode(frame, symbols(), 1)


@given(position=some.integers(0, 500), value=some.integers(0, 255), number=some.integers(0, 12))
def test_a_damaged_frame_never_raises_anything_else(position: int, value: int, number: int) -> None:
    damaged = bytearray(FRAMES[number][1])
    damaged[position % len(damaged)] = value
    with suppress(BadFrame):
        decode(bytes(damaged), Symbols(grows=True), 1)


def test_hello_subscribes_once_the_connection_is_open() -> None:
    asked = COINBASE.hello("open", ASKED)
    assert asked is not None
    names = list(ASKED.symbols)
    assert json.loads(asked) == {
        "type": "subscribe",
        "channels": [{"name": name, "product_ids": names} for name in ("matches", "ticker", "heartbeat")],
    }
    assert COINBASE.hello("subscribed", ASKED) is COINBASE.hello("heartbeat", ASKED) is None


async def served(numbers: list[int], got: list[Batch]) -> tuple[Any, SocketFeed]:
    """What the venue was asked, when it answers with these frames over a real socket, and the feed that listened."""
    asked: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def venue(connection: ServerConnection) -> None:
        asked.set_result(json.loads(await connection.recv()))
        for number in numbers:
            await connection.send(FRAMES[number][1].decode())
        for _ in range(500):
            if feed.stats.frames == len(numbers):
                break
            await asyncio.sleep(0.01)
        feed.close()

    async with serve(venue, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        feed = SocketFeed(COINBASE, ASKED, symbols(), url=f"ws://127.0.0.1:{port}")
        try:
            await asyncio.wait_for(listen(feed, got), 10)
        finally:
            feed.close()
    return await asked, feed


async def test_rows_arrive_over_a_socket_that_was_asked_for_them() -> None:
    got: list[Batch] = []
    asked, feed = await served([0, 1, 2, 3, 5, 12], got)
    assert asked["type"] == "subscribe"
    assert {what: feed.stats.received[what] for what in ("trades", "quotes")} == {"trades": 2, "quotes": 1}
    assert feed.stats.bad_frames == 1
    assert {kind(batch) for batch in got} >= {"trades", "quotes"}


async def test_a_symbol_the_venue_does_not_have_ends_the_feed_in_words() -> None:
    with pytest.raises(FeedRefused, match="BTC-XXX is not a valid product"):
        await served([6], [])
