"""Faults on request: the plan, and each kind on real sockets; what is missing is exactly what is said to be."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import websockets
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.requests import StockTradesRequest

from core.errors import BadInput
from core.events import SECOND, Batch, Symbols, joined, kind
from feeds import BINANCE
from feeds.exchange import Exchange
from feeds.played import recorded
from tests.feeds.made import NAMES, START, Received, exchange, kept, minutes, source, until

FRAMES = Path(__file__).parent / "frames/binance.txt"
CHANCES = ["dup=0.05", "reorder=0.05", "late=0.05:2s", "corrupt=0.05"]
KEYS = {"APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret"}


def missing(venue: Exchange, got: Received) -> Counter[str]:
    """Trades of the history that were not received."""
    return _history(venue) - _named([batch for batch in got.batches if kind(batch) == "trades"])


def extra(venue: Exchange, got: Received) -> Counter[str]:
    """Trades received that are not in the history, or more often than there."""
    return _named([batch for batch in got.batches if kind(batch) == "trades"]) - _history(venue)


def _history(venue: Exchange) -> Counter[str]:
    return _named([venue.ledger.rows("trades", at, 0, 2**62) for at in range(len(NAMES))])


def _named(batches: list[Batch]) -> Counter[str]:
    return Counter(
        f"{trade['symbol']} {trade['ts_event']} {trade['trade_id']} {trade['price']}"
        for batch in batches for trade in batch
    )  # fmt: skip


async def session(faults: list[str], seconds: int = 6, seed: int = 3, **options: Any) -> tuple[Exchange, Received]:
    """A session of so many seconds at 20 times its pace, and the feed that listened to all of it."""
    venue = exchange(seconds, speed=20.0, faults=faults, seed=seed, **options)
    await venue.start()
    async with Received(venue) as got:
        await asyncio.wait_for(venue.finished.wait(), 60)
        await until(lambda: sum(got.rows().values()) == sum(venue.sent.values()) and bool(got.rows()))
        await venue.stop()
    return venue, got


async def test_a_mute_socket_stays_open_answers_pings_and_what_was_played_is_lost() -> None:
    venue = exchange(60, speed=20.0, rate=200.0, faults=["mute@5s+30s"])
    await venue.start()
    async with Received(venue) as got:
        await until(lambda: venue.tally.faults["mute"] > 0)
        await until(lambda: got.rows() == venue.sent)
        before = got.rows()
        async with websockets.connect(venue.url("alpaca")) as other:
            pong = await other.ping()
            await asyncio.wait_for(pong, 2)
            assert json.loads(await other.recv()) == [{"T": "success", "msg": "connected"}]
        assert got.rows() == before
        await asyncio.wait_for(venue.finished.wait(), 30)
        await until(lambda: got.rows() == venue.sent)
        await venue.stop()
    lost = missing(venue, got)
    assert (got.feed.stats.connections, venue.tally.faults) == (1, {"mute": 1})
    assert venue.tally.withheld["mute"]["trades"] == sum(lost.values()) > 1_000
    assert kept(venue) == got.rows() + venue.tally.withheld["mute"]
    times = [int(name.split()[1]) for name in lost]
    assert START + 5 * SECOND <= min(times) <= max(times) < START + 35.01 * SECOND


async def test_a_slow_stream_holds_frames_back_and_loses_none() -> None:
    venue = exchange(30, speed=10.0, rate=300.0, faults=["slow@2s+10s"])
    await venue.start()
    async with Received(venue) as got:
        await until(lambda: venue.tally.faults["slow"] > 0)
        await until(lambda: got.rows() == venue.sent)
        before, played = got.rows(), kept(venue)
        await until(lambda: kept(venue)["trades"] > played["trades"] + 300)
        assert got.rows() == before
        await asyncio.wait_for(venue.finished.wait(), 30)
        await until(lambda: got.rows() == kept(venue))
        await venue.stop()
    received = joined([batch for batch in got.batches if kind(batch) == "trades"])
    assert (missing(venue, got), venue.tally.withheld) == ({}, {})
    assert (np.diff(received["ts_event"]) >= 0).all()
    lag = (received["ts_recv"] - received["ts_recv"][0]) - (received["ts_event"] - received["ts_event"][0]) / 10.0
    assert lag.max() > 0.7 * SECOND  # the first of ten seconds, at ten times the pace


@pytest.mark.parametrize("fault", ["dup=0.1", "reorder=0.1", "late=0.1:2s", "corrupt=0.1"])
async def test_what_befalls_frames_by_chance_is_counted_and_nothing_else_happens(fault: str) -> None:
    venue, got = await session([fault])
    name = fault.split("=", maxsplit=1)[0]
    tally, received = venue.tally, got.rows()
    assert tally.faults[name] > 50
    assert kept(venue) + tally.repeated == received + tally.withheld.get(name, Counter())
    assert sum(missing(venue, got).values()) == tally.withheld.get(name, Counter())["trades"]
    assert sum(extra(venue, got).values()) == tally.repeated["trades"]
    assert (sum(tally.repeated.values()) > 50, bool(tally.withheld)) == (name == "dup", name == "corrupt")
    assert got.feed.stats.bad_frames == (tally.faults["corrupt"] if name == "corrupt" else 0)
    assert got.feed.stats.connections == 1
    trades = joined([batch for batch in got.batches if kind(batch) == "trades"])
    back = np.diff(trades["ts_event"]) < 0
    assert bool(back.any()) == (name in ("reorder", "late", "dup"))
    if name == "late":
        behind = np.maximum.accumulate(trades["ts_event"]) - trades["ts_event"]
        assert 0.95 * tally.faults["late"] <= (behind > 0).sum() <= tally.faults["late"]
        assert (behind >= 1.9 * SECOND).sum() > 0.4 * tally.faults["late"]  # the others came at the session's end


async def test_the_same_seed_does_the_same_to_every_client_and_in_every_run() -> None:
    def told(venue: Exchange) -> tuple[Any, ...]:
        return venue.tally.faults, venue.tally.withheld, venue.tally.repeated, venue.sent

    (one, _), (same, _), (other, _) = [await session(CHANCES, 3, seed) for seed in (5, 5, 6)]
    assert told(one) == told(same) != told(other)


async def test_a_drop_ends_without_a_close_frame_and_what_is_played_meanwhile_is_not_sent() -> None:
    venue = exchange(60, speed=10.0, rate=200.0, faults=["drop@10s", "drop@40s"])
    await venue.start()
    plain = await websockets.connect(venue.url("alpaca"))
    async with Received(venue) as got:
        await asyncio.wait_for(venue.finished.wait(), 60)
        await until(lambda: got.rows() == venue.sent)
        await venue.stop()
    assert json.loads(await plain.recv()) == [{"T": "success", "msg": "connected"}]
    with pytest.raises(websockets.ConnectionClosedError, match="no close frame received or sent"):
        await plain.recv()
    assert (got.feed.stats.connections, venue.tally.faults["drop"]) == (3, 2)
    assert not extra(venue, got)
    times = sorted(int(name.split()[1]) - START for name in missing(venue, got))
    ends = [at for at, after in pairwise([*times, 2**62]) if after - at > 10 * SECOND]
    begins = [at for before, at in pairwise([-(2**62), *times]) if at - before > 10 * SECOND]
    assert [at // SECOND for at in begins] == [10, 40]
    assert all(end - begin < 20 * SECOND for begin, end in zip(begins, ends, strict=True))


@pytest.mark.parametrize("venue_name", ["alpaca", "binance"])
async def test_a_restart_says_so_refuses_connections_and_welcomes_again(venue_name: str) -> None:
    venue = exchange(30, speed=10.0, rate=300.0, faults=["restart@5s+10s"])
    await venue.start()
    address, combined = venue.url(venue_name), venue.url("binance")
    raw = f"ws://127.0.0.1:{venue.port}/ws/aapl@trade"
    got: dict[str, list[Any]] = {address: [], raw: [], combined: []}

    async def listen(url: str) -> int:
        async with websockets.connect(url) as client:
            try:
                while True:
                    got[url].append(json.loads(await client.recv()))
            except websockets.ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0

    codes = await asyncio.wait_for(asyncio.gather(*map(listen, got)), 20)
    assert codes == [1012] * len(got)
    await until(lambda: not venue._door.listens)
    with pytest.raises(ConnectionRefusedError):
        await websockets.connect(address)
    async with httpx.AsyncClient() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"http://127.0.0.1:{venue.port}/api/v3/time")
    shutdown = got[raw][-1]
    assert (shutdown["e"], 0 <= shutdown["E"] - START // 1_000_000 - 5_000 < 100) == ("serverShutdown", True)
    assert got[combined][-1] == {"stream": "!serverShutdown", "data": shutdown}
    async with Received(venue) as feed:
        await asyncio.wait_for(venue.finished.wait(), 20)
        await until(lambda: feed.rows()["trades"] > 300)
    await venue.stop()
    assert venue.tally.faults["restart"] == 1


async def test_requests_beyond_the_limit_are_refused_for_a_while_and_the_venues_client_tries_again() -> None:
    venue = exchange(1, faults=["429=2"])
    await venue.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{venue.port}", headers=KEYS) as http:
        answer = await http.get("/api/v3/trades?symbol=AAPL")
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["code"]) == (429, "1", -1003)
    client = StockHistoricalDataClient("key", "secret", url_override=f"http://127.0.0.1:{venue.port}")
    trades = await asyncio.to_thread(client.get_stock_trades, StockTradesRequest(symbol_or_symbols="AAPL"))
    assert (trades.data, venue.tally.faults["429"]) == ({}, 2)
    await venue.stop()


async def test_under_all_faults_at_once_the_history_of_several_clients_is_what_was_played() -> None:
    timed = ["drop@3s", "mute@6s+3s", "slow@8s+4s", "restart@15s+4s", "slow@40s+5s", "drop@44s"]
    lasting = [*CHANCES[:3], "corrupt=0.005", "clock-skew=250ms", "429=1"]
    venue = exchange(70, speed=15.0, rate=100.0, faults=[*timed, *lasting], seed=11)
    await venue.start()
    async with Received(venue) as one, Received(venue) as two, Received(venue, BINANCE) as three:
        await asyncio.wait_for(venue.finished.wait(), 60)
        total: Callable[[], int] = lambda: sum(sum(each.rows().values()) for each in (one, two, three))  # noqa: E731
        await until(lambda: total() == sum(venue.sent.values()))
        await venue.stop()
    for what in ("trades", "quotes"):
        truth = joined([batch for m in source(70, 100.0) for batch in m.batches if kind(batch) == what]).copy()
        truth["ts_event"] += SECOND // 4
        own = joined([venue.ledger.rows(what, at, 0, 2**62) for at in range(len(NAMES))])
        own = own[np.argsort(own["seq"])]
        own["seq"] = 0
        assert own.tolist() == truth.tolist()
    for got in (one, two, three):
        assert got.feed.stats.connections >= 3  # once more if it was back before the last drop
    for got in (one, two):
        assert sum(extra(venue, got).values()) <= venue.tally.repeated["trades"]
    assert set(venue.tally.faults) == {each.split("@")[0].split("=")[0] for each in timed} | {
        "dup", "reorder", "late", "corrupt", "clock-skew",
    }  # fmt: skip


async def test_a_late_frame_of_a_recording_comes_as_it_was() -> None:
    symbols = Symbols(grows=True)
    venue = Exchange(recorded(FRAMES, symbols), symbols, minutes(), speed=0, faults=["late=1:10s"])
    await venue.start()
    address = f"ws://127.0.0.1:{venue.port}/stream?streams=btcusdt@trade/btcusdt@bookTicker"
    async with websockets.connect(address) as client:
        frames = [await client.recv() for _ in range(4)]
    lines = [line.split(" ", 1)[1] for line in FRAMES.read_text().splitlines()]
    assert frames == [lines[0], lines[4], lines[1], lines[5]]
    assert [row["trade_id"] for row in venue.ledger.rows("trades", 0, 0, 2**62)] == [3735683259, 5266583935]
    assert venue.tally.faults["late"] == 3
    await venue.stop()


async def test_a_session_that_cannot_be_played_to_its_end_says_why(tmp_path: Path) -> None:
    (tmp_path / "broken.txt").write_bytes(FRAMES.read_bytes() + b"no time\n")
    symbols = Symbols(grows=True)
    venue = Exchange(recorded(tmp_path / "broken.txt", symbols), symbols, minutes(), speed=0)
    await venue.start()
    async with websockets.connect(f"ws://127.0.0.1:{venue.port}/ws/btcusdt@trade"):
        await asyncio.wait_for(venue.finished.wait(), 5)
    with pytest.raises(BadInput, match="line 10: expected a receive time"):
        await venue.stop()
