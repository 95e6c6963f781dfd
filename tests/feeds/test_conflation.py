"""A loop that falls behind: of the quotes that wait the newest of each symbol go on, all trades do, and it is said."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as some
from websockets.asyncio.server import ServerConnection, serve

import feeds.socket
from core.events import CONFLATED, IMPOSSIBLE, MISSED, QUOTE, TRADE, Batch, Symbols, joined, rows
from feeds import ALPACA
from feeds.decoder import Decoder
from feeds.socket import SocketFeed
from feeds.stats import FeedStats
from tests.feeds.made import kernels, subscription
from tests.feeds.test_alpaca import QUOTE_MESSAGE, TRADE_MESSAGE, packed

NAMES = ("AAPL", "MSFT")


def quotes(*symbols: int) -> Batch:
    return rows(QUOTE, ((i + 1, i + 1, 0, 1.0 + i, 1.0, 2.0 + i, 1.0, symbol) for i, symbol in enumerate(symbols)))


def trades(count: int) -> Batch:
    return rows(TRADE, ((i + 1, i + 1, 0, i, 1.0, 1.0, 0, 0) for i in range(count)))


@given(some.lists(some.one_of(some.integers(1, 4), some.lists(some.integers(0, 3), min_size=1)), max_size=12))
def test_each_symbols_newest_quote_stays_in_its_place_and_nothing_else_is_left_out(
    given: Sequence[int | list[int]],
) -> None:
    decoder = Decoder(ALPACA, Symbols(NAMES), FeedStats())
    came = [trades(each) if isinstance(each, int) else quotes(*each) for each in given]
    for number, batch in enumerate(came):
        batch["ts_recv"] += 1000 * number  # each row is one of its own
        decoder.put(batch)
    every = [(batch.dtype is QUOTE, row) for batch in came for row in batch.tolist()]
    newest = {row[-1]: row for is_quote, row in every if is_quote}
    left_out = decoder.conflate()
    assert [row for batch in decoder.taken() for row in batch.tolist()] == [
        row for is_quote, row in every if not is_quote or newest[row[-1]] == row
    ]
    assert left_out.tolist() == [row for is_quote, row in every if is_quote and newest[row[-1]] != row]


async def overrun(folder: Path | None, *, conflate: bool) -> tuple[SocketFeed, list[Batch]]:
    """What a loop that sleeps for a while gets of 100,000 quotes and 10,000 trades that come at once."""
    frame = packed(*[QUOTE_MESSAGE] * 50, {**QUOTE_MESSAGE, "S": "AAPL"}, *[QUOTE_MESSAGE] * 49, *[TRADE_MESSAGE] * 10)

    async def talk(connection: ServerConnection) -> None:
        for _ in range(1_000):
            await connection.send(frame)
        await connection.wait_closed()

    async with serve(talk, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        symbols = Symbols(NAMES)
        feed = SocketFeed(ALPACA, subscription(), symbols, url=url, kernels=folder, conflate=conflate)
        got = list[Batch]()
        async for batch in feed:
            if not got:
                await asyncio.sleep(1.0)
            got.append(batch)
            if feed.stats.received == Counter(quotes=100_000, trades=10_000):
                feed.close()
    return feed, got


@pytest.mark.parametrize("compiled", [True, False])
def test_a_loop_that_is_behind_goes_on_with_the_newest_quotes_and_all_trades(
    monkeypatch: pytest.MonkeyPatch, *, compiled: bool
) -> None:
    monkeypatch.setattr(feeds.socket, "_QUOTES", 5_000)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        feed, got = runner.run(asyncio.wait_for(overrun(kernels() if compiled else None, conflate=True), 60))
    taken = joined([batch for batch in got if batch.dtype is QUOTE])
    assert sum(len(batch) for batch in got if batch.dtype is TRADE) == 10_000
    assert len(taken) == 100_000 - feed.stats.shed["quotes"] < 50_000
    assert set(taken["symbol"]) == {0, 1}
    said = joined([batch for batch in got if batch.dtype is MISSED])
    assert set(said["reason"]) == {CONFLATED}
    assert set(said["backfill"]) == {IMPOSSIBLE}
    assert set(said["channel"]) == {1}
    assert (said["to_ts"] > said["from_ts"]).all()


def test_who_wants_every_quote_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds.socket, "_QUOTES", 5_000)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        feed, got = runner.run(asyncio.wait_for(overrun(kernels(), conflate=False), 60))
    assert sum(len(batch) for batch in got if batch.dtype is QUOTE) == 100_000
    assert not feed.stats.shed
