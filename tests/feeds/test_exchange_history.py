"""The local exchange's history over HTTP: all that was played, as the venues' own clients ask for it."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
from alpaca.common.exceptions import APIError
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.requests import StockBarsRequest, StockQuotesRequest, StockTradesRequest
from alpaca.data.timeframe import TimeFrame
from hypothesis import given
from hypothesis import strategies as some

from core.events import BAR, QUOTE, SECOND, TRADE, Batch, Symbols, joined, kind
from feeds.alpaca import nanoseconds
from feeds.exchange import Exchange
from feeds.ledger import Ledger
from feeds.played import Played
from feeds.rest import History
from tests.feeds.made import NAMES, START, Received, exchange, kept, source, until

KEYS = {"APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret"}
ASKED = datetime.fromtimestamp(START // SECOND, UTC)


def sent(what: str, moments: Iterator[Played]) -> Batch:
    return joined([batch for moment in moments for batch in moment.batches if kind(batch) == what])


async def played(venue: Exchange) -> list[Batch]:
    """Play it all to a feed; what the feed received."""
    await venue.start()
    async with Received(venue) as got:
        await asyncio.wait_for(venue.finished.wait(), 60)
        await until(lambda: got.rows() == kept(venue))
    return got.batches


def client(venue: Exchange, secret: str = "secret") -> StockHistoricalDataClient:
    return StockHistoricalDataClient("key", secret, url_override=f"http://127.0.0.1:{venue.port}")


async def test_the_unmodified_alpaca_client_pages_through_trades_quotes_and_bars() -> None:
    venue = exchange(62, rate=600.0, ledger=Ledger(block=10_000))
    got = await played(venue)
    history = client(venue)
    trades = await asyncio.to_thread(history.get_stock_trades, StockTradesRequest(symbol_or_symbols=NAMES, start=ASKED))
    quotes = await asyncio.to_thread(history.get_stock_quotes, StockQuotesRequest(symbol_or_symbols=NAMES, start=ASKED))
    minute = StockBarsRequest(symbol_or_symbols=NAMES, start=ASKED - timedelta(minutes=1), timeframe=TimeFrame.Minute)
    bars = await asyncio.to_thread(history.get_stock_bars, minute)
    await venue.stop()
    for what, answered in (("trades", trades.data), ("quotes", quotes.data), ("bars", bars.data)):
        received = joined([batch for batch in got if kind(batch) == what])
        assert sum(map(len, answered.values())) == len(received) == venue.sent[what]
        for name, rows in answered.items():
            own = received[received["symbol"] == NAMES.index(name)]
            stamps = own["ts_open" if what == "bars" else "ts_event"] // 1000
            assert [round(row.timestamp.timestamp() * 1e6) for row in rows] == stamps.tolist()
            prices = {"trades": ("price", "price"), "quotes": ("bid_price", "bid"), "bars": ("vwap", "vwap")}[what]
            assert [getattr(row, prices[0]) for row in rows] == own[prices[1]].tolist()
            if what == "trades":
                assert [row.id for row in rows] == own["trade_id"].tolist()
    assert venue.sent["quotes"] > 20_000  # three pages
    assert venue.sent["bars"] > len(NAMES)


async def test_what_a_client_may_not_or_cannot_ask_is_said_as_the_venue_says_it() -> None:
    venue = exchange(1)
    await venue.start()
    request = StockTradesRequest(symbol_or_symbols="AAPL")
    with pytest.raises(APIError, match="forbidden"):
        await asyncio.to_thread(client(venue, "wrong").get_stock_trades, request)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{venue.port}", headers=KEYS) as http:
        for query, sentence in (
            ("trades?start=2026-01-01", "symbols is required"),
            ("trades?symbols=AAPL&start=soon", "invalid start: expected RFC 3339 such as"),
            ("trades?symbols=AAPL&end=2026-02-31", "found '2026-02-31'"),
            ("trades?symbols=AAPL&limit=10001", "expected a number from 1 to 10000, found '10001'"),
            ("trades?symbols=AAPL&page_token=abc", "invalid page_token"),
            ("quotes?symbols=AAPL&sort=up", "expected asc or desc, found 'up'"),
            ("bars?symbols=AAPL&timeframe=5Min", "keeps bars of 1Min, found '5Min'"),
        ):
            answer = await http.get(f"/v2/stocks/{query}")
            assert (answer.status_code, sentence in answer.json()["message"]) == (400, True), answer.text
        assert (await http.get("/v2/stocks/trades?symbols=NOBODY")).json() == {"trades": {}, "next_page_token": None}
        assert (await http.get("/v2/stocks/auctions")).status_code == 404
        assert (await http.get("/api/v3/trades?symbol=NOBODY")).json()["code"] == -1121
        assert (await http.get("/api/v3/trades?symbol=AAPL&limit=0")).json()["code"] == -1100
    await venue.stop()


async def test_binances_trades_are_asked_for_by_id() -> None:
    venue = exchange(5)
    await played(venue)
    own = sent("trades", source(5))
    own = own[own["symbol"] == 0]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{venue.port}/api/v3") as http:
        newest = (await http.get("/trades", params={"symbol": "AAPL", "limit": 3})).json()
        from_100 = (await http.get("/historicalTrades", params={"symbol": "AAPL", "fromId": 100, "limit": 40})).json()
        assert (await http.get("/ping")).json() == {}
        assert 0 <= (await http.get("/time")).json()["serverTime"] - START // 1_000_000 - 5_000 <= 60_000
    await venue.stop()
    assert [trade["id"] for trade in newest] == own["trade_id"][-3:].tolist()
    assert [trade["id"] for trade in from_100] == list(range(100, 140))
    first = own[own["trade_id"] == 100][0]
    assert from_100[0] == {
        "id": 100, "price": f"{first['price']:.8f}", "qty": f"{first['size']:.8f}", "isBestMatch": True,
        "quoteQty": f"{first['price'] * first['size']:.8f}", "time": int(first["ts_event"]) // 1_000_000,
        "isBuyerMaker": bool(first["side"] < 0),
    }  # fmt: skip


async def test_binances_aggregates_are_asked_for_by_time() -> None:
    venue = exchange(5)
    await played(venue)
    own = sent("trades", source(5))
    own = own[own["symbol"] == 0]
    times = own["ts_event"] // 1_000_000
    start, end = int(times[50]), int(times[90])
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{venue.port}/api/v3") as http:

        async def told(**asked: int) -> list[int]:
            answer = await http.get("/aggTrades", params={"symbol": "AAPL", **asked})
            assert answer.status_code == 200, answer.text
            return [trade["f"] for trade in answer.json()]

        assert await told(startTime=start, limit=5) == own[times >= start]["trade_id"][:5].tolist()
        assert await told(endTime=end, limit=5) == own[times <= end]["trade_id"][-5:].tolist()
        both = own[(times >= start) & (times <= end)]["trade_id"].tolist()
        assert await told(startTime=start, endTime=end) == both
        assert await told(fromId=7, limit=2) == [7, 8]
        assert await told(limit=2) == own["trade_id"][-2:].tolist()
        (first,) = (await http.get("/aggTrades", params={"symbol": "AAPL", "fromId": 1, "limit": 1})).json()
        bad = (await http.get("/aggTrades", params={"symbol": "AAPL", "fromId": 1, "startTime": 1})).json()
    await venue.stop()
    price, size = (f"{own[name][0]:.8f}" for name in ("price", "size"))
    sold = bool(own["side"][0] < 0)
    assert first == {"a": 1, "p": price, "q": size, "f": 1, "l": 1, "T": int(times[0]), "m": sold, "M": True}
    assert bad["code"] == -1128


async def test_history_is_of_what_was_played_so_far_and_moves_to_now_with_the_session() -> None:
    venue = exchange(30, speed=10.0, rebase=True)
    await venue.start()
    async with Received(venue) as got:
        await until(lambda: got.rows()["trades"] > 1_000)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{venue.port}", headers=KEYS) as http:
            answer = (await http.get("/v2/stocks/trades", params={"symbols": ",".join(NAMES), "limit": 10_000})).json()
        asked = got.rows()["trades"]
        await until(lambda: got.rows()["trades"] > asked + 100)
    await venue.stop()
    received = joined([batch for batch in got.batches if kind(batch) == "trades"])
    ids = {(NAMES[row["symbol"]], int(row["trade_id"])): int(row["ts_event"]) for row in received}
    told = {(name, row["i"]): nanoseconds(row["t"]) for name, rows in answer["trades"].items() for row in rows}
    assert 0 < len(told) < len(ids)
    assert told == {key: ids[key] for key in told}
    assert max(told.values()) == sorted(ids.values())[len(told) - 1]  # the first of all, none left out


MOMENTS = some.lists(some.tuples(some.integers(0, 2), some.integers(0, 5)), min_size=1, max_size=60)


def made(rows: list[tuple[int, int]]) -> Batch:
    """Trades of three symbols within six nanoseconds: nearly all have a time in common."""
    batch = np.zeros(len(rows), dtype=TRADE)
    batch["symbol"], batch["ts_event"] = [row[0] for row in rows], [START + row[1] for row in rows]
    batch["trade_id"], batch["price"] = np.arange(len(rows)), 1.0
    return batch


@given(MOMENTS, some.integers(1, 7), some.booleans(), some.tuples(*[some.integers(0, 5)] * 2), some.integers(1, 9))
def test_pages_of_any_size_hold_each_row_once_and_in_order(
    rows: list[tuple[int, int]], limit: int, newest_first: bool, span: tuple[int, int], block: int
) -> None:
    ledger = Ledger(block=block, blocks=100)
    for part in np.array_split(made(rows), 5):
        ledger.add(part)
    history = History(ledger, Symbols(["B", "A", "C"]), ("", ""))
    first, last = span
    asked = f"start=2023-11-14T22:13:20.00000000{first}Z&end=2023-11-14T22:13:20.00000000{last}Z"
    found: list[tuple[str, int]] = []
    token: str | None = ""
    while token is not None:
        sort = f"&sort={'desc' if newest_first else 'asc'}&page_token={token}"
        answer = history.answer(f"/v2/stocks/trades?symbols=C,B,A&{asked}&limit={limit}{sort}", {}, 0)
        assert answer is not None
        page = json.loads(answer.body)
        assert 0 <= sum(map(len, page["trades"].values())) <= limit
        found += [(name, row["i"]) for name, trades in page["trades"].items() for row in trades]
        token = page["next_page_token"]
    way = -1 if newest_first else 1
    expected = [
        (name, number)
        for name, symbol in (("A", 1), ("B", 0), ("C", 2))
        for _, number in sorted((at, n) for n, (own, at) in enumerate(rows) if own == symbol and first <= at <= last)[
            ::way
        ]
    ]
    assert found == expected


def test_the_oldest_rows_are_forgotten_and_counted_and_each_kind_has_room_of_its_own() -> None:
    ledger = Ledger(block=10, blocks=3)
    for start in range(0, 95, 5):
        ledger.add(made([(0, start + number) for number in range(5)]))
    for dtype in (QUOTE, BAR):
        ledger.add(np.zeros(7, dtype=dtype))
    kept = ledger.rows("trades", 0, 0, 2**62)
    assert ledger.forgotten == {"trades": 60}
    assert kept["seq"].tolist() == list(range(61, 96))
    assert (kept["ts_event"] - START).tolist() == list(range(60, 95))
    assert (len(ledger.rows("quotes", 0, 0, 1)), len(ledger.rows("bars", 0, 0, 1))) == (7, 7)
