"""Cancels and corrections as the unmodified alpaca-py hears of them, and its history tells them."""

import asyncio
import contextlib
from typing import Any

import pytest
import websockets
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.live import StockDataStream
from alpaca.data.requests import StockTradesRequest

from feeds.exchange import Exchange
from tests.feeds.made import NAMES, exchange, until

Got = dict[str, list[Any]]  # Any: alpaca-py ships no types


def taking(items: list[Any]) -> Any:
    async def take(item: Any) -> None:
        items.append(item)

    return take


async def heard(venue: Exchange) -> tuple[Got, Any]:
    """All that alpaca-py receives of a session, and what it is told of its trades afterwards."""
    await venue.start()
    url = f"127.0.0.1:{venue.port}"
    stream = StockDataStream("key", "secret", url_override=f"ws://{url}/v2/iex")
    got: Got = {"trades": [], "cancels": [], "corrections": []}
    stream.subscribe_trades(taking(got["trades"]), "*")
    stream.register_trade_cancels(taking(got["cancels"]))
    stream.register_trade_corrections(taking(got["corrections"]))
    running = asyncio.create_task(stream._run_forever())
    await asyncio.wait_for(venue.finished.wait(), 60)
    await until(lambda: sum(map(len, got.values())) == sum(venue.sent.values()))
    client = StockHistoricalDataClient("key", "secret", url_override=f"http://{url}", raw_data=True)
    told = await asyncio.to_thread(client.get_stock_trades, StockTradesRequest(symbol_or_symbols=NAMES))
    await stream.stop_ws()
    with contextlib.suppress(websockets.ConnectionClosed):
        await asyncio.wait_for(running, 15)
    await venue.stop()
    return got, told


@pytest.fixture(scope="module")
def session() -> tuple[Got, Any]:
    return asyncio.run(heard(exchange(10, speed=10.0, faults=["cancel=0.2:1s", "correct=0.2:1s"])))


def test_each_is_of_a_trade_that_was_sent_as_it_was(session: tuple[Got, Any]) -> None:
    got, _ = session
    known = {(trade.symbol, trade.id): (trade.price, trade.size) for trade in got["trades"]}
    assert len(got["cancels"]) > 20
    assert all(known[each.symbol, each.id] == (each.price, each.size) for each in got["cancels"])
    assert len(got["corrections"]) > 20
    for each in got["corrections"]:
        assert known[each.symbol, each.original_id] == (each.original_price, each.original_size)
        assert each.corrected_price != each.original_price


def test_the_history_says_what_became_of_each_trade(session: tuple[Got, Any]) -> None:
    got, told = session
    updates = {(name, each["i"]): each["u"] for name, trades in told.items() for each in trades if "u" in each}
    expected = {(each.symbol, each.id): "canceled" for each in got["cancels"]}
    expected |= {(each.symbol, each.original_id): "incorrect" for each in got["corrections"]}
    expected |= {(each.symbol, each.corrected_id): "corrected" for each in got["corrections"]}
    assert updates == expected
    assert sum(map(len, told.values())) == len(got["trades"]) + len(got["corrections"])
