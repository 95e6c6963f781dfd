"""Trades of the past are those of the stream, bit for bit; what cannot be had is said in a sentence."""

import asyncio
import io
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import numpy as np
import psutil
import pytest

from core.errors import BadInput, Unavailable
from core.events import SECOND, TRADE, Batch, joined, kind
from feeds import ALPACA, BINANCE
from feeds.exchange import Exchange
from feeds.history import History
from feeds.inquiry import address, read, write
from feeds.ledger import Ledger
from tests.feeds.made import NAMES, START, Received, exchange, until

FOREVER = (0, 2**62)


@asynccontextmanager
async def played(seconds: int = 3, of: Any = ALPACA, **options: Any) -> AsyncIterator[tuple[Exchange, Batch]]:
    """An exchange that has played its session, and the trades a feed received of it, in order."""
    venue = exchange(seconds, **options)
    await venue.start()
    async with Received(venue, of) as got:
        await asyncio.wait_for(venue.finished.wait(), 60)
        await until(lambda: got.rows()["trades"] == venue.sent["trades"])
    try:
        yield venue, joined([batch for batch in got.batches if kind(batch) == "trades"])
    finally:
        await venue.stop()


def history(venue: Exchange, of: str = "alpaca", secret: str = "secret", **options: Any) -> History:
    return History(of, NAMES, url=venue.url(of), key="key", secret=secret, **options)


def within(live: Batch, start: int, end: int, names: list[str] = NAMES) -> Batch:
    """What a history of these must say, but for when it was received."""
    numbers = [NAMES.index(name) for name in names]
    mine = live[(live["ts_event"] >= start) & (live["ts_event"] < end) & np.isin(live["symbol"], numbers)]
    return mine[np.lexsort((mine["symbol"], mine["trade_id"], mine["ts_event"]))]


def same(found: Batch, expected: Batch) -> bool:
    """Bit for bit, and received all at once."""
    assert found.dtype is TRADE
    assert len(np.unique(found["ts_recv"])) <= 1
    as_received = expected.copy()
    as_received["ts_recv"] = found["ts_recv"][:1] if len(found) else 0
    return found.tobytes() == as_received.tobytes()


async def test_alpacas_are_those_of_its_stream_to_the_nanosecond() -> None:
    async with played() as (venue, live):
        past = history(venue)
        assert same(await past.trades(NAMES, *FOREVER), within(live, *FOREVER))
        some = live[live["symbol"] == 1]["ts_event"]
        start, end = int(some[len(some) // 3]), int(some[2 * len(some) // 3])  # of trades: one is in, one is not
        found = await past.trades(["MSFT"], start, end)
        assert same(found, within(live, start, end, ["MSFT"]))
        assert int(found["ts_event"][0]) == start
        assert len(await past.trades(NAMES, START - 9 * SECOND, START)) == len(await past.trades([], *FOREVER)) == 0
        assert found["ts_event"].tolist() != (found["ts_event"] // 1000 * 1000).tolist()


async def test_of_alpacas_what_was_taken_back_is_said_to_be_and_what_a_correction_brought_is_a_trade() -> None:
    async with played(6, faults=("cancel=0.1:500ms", "correct=0.1:500ms")) as (venue, live):
        found = await history(venue).trades(NAMES, *FOREVER)
    gone, updates = np.isnan(found["price"]), venue.ledger.updates
    named = list(zip(found["symbol"].tolist(), found["trade_id"].tolist(), strict=True))
    assert {updates.get(name) for name, is_gone in zip(named, gone, strict=True) if is_gone} == {
        "canceled",
        "incorrect",
    }
    assert {updates.get(name) for name, is_gone in zip(named, gone, strict=True) if not is_gone} == {None, "corrected"}
    assert not found["size"][gone].any()
    assert len(found) == len(live) + sum(what == "corrected" for what in updates.values())


async def test_alpacas_come_over_several_pages_and_a_venue_that_is_busy_is_waited_for() -> None:
    async with played(62, rate=600.0, ledger=Ledger(block=10_000), faults=("429=2",)) as (venue, live):
        began = asyncio.get_running_loop().time()
        found = await history(venue).trades(NAMES, *FOREVER)
        assert asyncio.get_running_loop().time() - began > 2.0  # its Retry-After is a second
        assert len(found) > 10_000
        assert same(found, within(live, *FOREVER))
        assert venue.tally.faults["429"] == 2


async def test_binances_are_those_of_its_stream_over_several_pages() -> None:
    async with played(40, BINANCE, rate=600.0, faults=("429=2",)) as (venue, live):
        past = history(venue, "binance")
        found = await past.trades(NAMES[:2], *FOREVER)
        assert len(found) > 3_000
        assert same(found, within(live, *FOREVER, NAMES[:2]))
        start, end = START + 10 * SECOND + 1, START + 20 * SECOND - 1
        assert same(await past.trades(NAMES[2:4], start, end), within(live, start, end, NAMES[2:4]))
        assert len(await past.trades(["AAPL"], START + 100 * SECOND, START + 200 * SECOND)) == 0


async def test_binances_forgotten_trades_are_missed_not_left_out() -> None:
    async with played(20, BINANCE, rate=600.0, ledger=Ledger(block=1_000, blocks=2)) as (venue, live):
        past = history(venue, "binance")
        with pytest.raises(Unavailable, match="its history of AAPL begins within the range; ask for a younger one"):
            await past.trades(["AAPL"], START, START + 20 * SECOND)
        start = START + 18 * SECOND
        assert same(await past.trades(["AAPL"], start, 2**62), within(live, start, 2**62, ["AAPL"]))


async def test_what_a_venue_refuses_is_said_in_a_sentence() -> None:
    async with played(1) as (venue, _):
        asked = r"alpaca did not give trades of AAPL from 2023-11-14T22:13:20.000000000Z to 2023-11-14T22:13:21.\d+Z: "
        with pytest.raises(Unavailable, match=f"^{asked}it answered 403, forbidden; check CANDELA__FEED__KEY and"):
            await history(venue, secret="wrong").trades(["AAPL"], START, START + SECOND)
        with pytest.raises(Unavailable, match="needs a key: set CANDELA__FEED__KEY"):
            await history(venue, secret="").trades(["AAPL"], START, START + SECOND)
        unknown = History("binance", ["NOBODY"], url=venue.url("binance"))
        with pytest.raises(
            Unavailable, match=r"trades of NOBODY .*: it answered 400, Invalid symbol; check that the sym"
        ):
            await unknown.trades(["NOBODY"], START, START + SECOND)
        with pytest.raises(Unavailable, match="its stream 'test' has no history"):
            await History("alpaca", NAMES, url="ws://127.0.0.1:1/v2/test", key="k", secret="s").trades(["AAPL"], 1, 2)
    for of in ("alpaca", "alpaca_crypto", "binance", "coinbase"):
        with pytest.raises(Unavailable, match=r"gave no answer, .*Connection refused; check the network"):
            await history(venue, of).trades(["AAPL"], START, START + SECOND)


async def test_a_venue_that_stays_busy_is_not_waited_for_beyond_the_time_there_is() -> None:
    async with played(1, faults=("429=1000",)) as (venue, _):
        for of in ("alpaca", "binance"):
            past = history(venue, of, timeout_s=6.0)
            with pytest.raises(
                Unavailable, match=r"it answered 429, \w+ many requests, and asks for 1 s of patience where"
            ):
                await past.trades(["AAPL"], START, START + SECOND)


async def test_what_is_not_the_feeds_is_not_asked_for() -> None:
    with pytest.raises(BadInput, match="one of the feed's symbols, found 'APPL', did you mean 'AAPL'"):
        await History("alpaca", NAMES).trades(["APPL"], 0, 1)
    with pytest.raises(BadInput, match=r"expected a venue with a history, one of alpaca, .*; found 'simulated'"):
        History("simulated", NAMES)


@contextmanager
def mute() -> Iterator[str]:
    """A venue that takes a request and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"ws://127.0.0.1:{server.getsockname()[1]}/v2/iex"


def children() -> list[psutil.Process]:
    return psutil.Process().children()


@pytest.mark.parametrize("of", ["alpaca", "binance"])
async def test_a_venue_that_says_nothing_is_given_up(of: str) -> None:
    with mute() as url:
        with pytest.raises(
            Unavailable,
            match=r"no answer within 1 s|time for it ran out|did not answer in time|gave no answer, .*timed out",
        ):
            await History(of, NAMES, url=url, key="key", secret="secret", timeout_s=1.0).trades(["AAPL"], 0, 1)
        await until(lambda: not children())


async def test_who_asks_may_be_killed_and_is_not_left_behind(capfd: pytest.CaptureFixture[str]) -> None:
    with mute() as url:
        past = History("binance", NAMES, url=url)
        for how, error, words in (
            (signal.SIGKILL, Unavailable, "was ended by signal 9 before its answer was whole; try again"),
            (signal.SIGINT, Unavailable, "before its answer was whole, KeyboardInterrupt; try again"),
            (None, asyncio.CancelledError, None),
        ):
            asking = asyncio.create_task(past.trades(["AAPL"], START, START + SECOND))
            await until(lambda: bool(children()))
            (child,) = children()
            await asyncio.sleep(1.0)  # it is under way
            assert child.nice() == psutil.Process().nice() + 10
            assert "secret" not in " ".join(child.cmdline())
            asking.cancel() if how is None else os.kill(child.pid, how)
            with pytest.raises(error, match=words):
                await asking
            await until(lambda: not children())
    assert capfd.readouterr() == ("", "")


def test_an_answer_that_was_cut_is_none() -> None:
    whole = io.BytesIO()
    batch = np.zeros(3, dtype=TRADE)
    batch["price"] = 1.5
    write(whole, batch)
    told = whole.getvalue()
    again = read(io.BytesIO(told))
    assert again is not None
    assert again.dtype is TRADE
    assert again.tobytes() == batch.tobytes()
    for length in range(len(told)):
        assert read(io.BytesIO(told[:length])) is None
    refused = io.BytesIO()
    write(refused, "it is closed")
    with pytest.raises(Unavailable, match=r"^it is closed$"):
        read(io.BytesIO(refused.getvalue()))


def test_a_history_is_beside_its_stream() -> None:
    hosts = {"stream.venue.com": "api.venue.com"}
    for url, expected in (
        ("", "https://api.venue.com"),
        ("wss://stream.venue.com:9443/stream?streams=a", "https://api.venue.com"),
        ("wss://other.com/ws", "https://other.com"),
        ("ws://name:word@127.0.0.1:8080/v2/iex", "http://127.0.0.1:8080"),
        ("ws://[::1]:8080", "http://[::1]:8080"),
    ):
        assert address(url, hosts, "api.venue.com") == expected
