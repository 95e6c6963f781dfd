"""Binance's own Python client, unmodified, against the local exchange: streams and history."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from binance.spot import Spot
from binance.websocket.spot.websocket_stream import SpotWebsocketStreamClient

from feeds.exchange import Exchange
from tests.feeds.made import NAMES, exchange, until

Heard = list[dict[str, Any]]  # Any: JSON


@pytest.fixture
async def venue() -> AsyncIterator[Exchange]:
    made = exchange(60, speed=5.0)
    await made.start()
    yield made
    await made.stop()


async def listening(venue: Exchange, heard: Heard, *, combined: bool) -> SpotWebsocketStreamClient:
    return await asyncio.to_thread(
        SpotWebsocketStreamClient,
        stream_url=f"ws://127.0.0.1:{venue.port}",
        on_message=lambda _, message: heard.append(json.loads(message)),
        is_combined=combined,
    )


async def stopped(client: SpotWebsocketStreamClient) -> None:
    await asyncio.to_thread(client.stop)
    client.socket_manager.ws.shutdown()  # which it leaves to the collector


async def test_its_stream_client_subscribes_and_gets_what_it_asked_for(venue: Exchange) -> None:
    heard = Heard()
    client = await listening(venue, heard, combined=False)
    client.trade("AAPL", id=1)
    client.book_ticker("MSFT", id=2)
    await until(lambda: len(heard) > 200)
    client.list_subscribe(id=3)
    await until(lambda: any(told.get("id") == 3 for told in heard))
    client.trade("AAPL", action="UNSUBSCRIBE", id=4)
    await until(lambda: {"result": None, "id": 4} in heard)
    after = len(heard)
    await until(lambda: len(heard) > after + 50)
    await stopped(client)
    answers = {told["id"]: told["result"] for told in heard if "id" in told}
    assert answers == {1: None, 2: None, 3: ["aapl@trade", "msft@bookTicker"], 4: None}
    events = [told for told in heard if "id" not in told]
    assert Counter((told.get("e"), told["s"]) for told in events).keys() == {("trade", "AAPL"), (None, "MSFT")}
    trades = [told["t"] for told in events if told.get("e") == "trade"]
    assert trades == list(range(trades[0], trades[0] + len(trades)))
    assert {told["s"] for told in heard[after:] if "s" in told} == {"MSFT"}


async def test_its_combined_streams_say_whose_an_event_is(venue: Exchange) -> None:
    heard = Heard()
    client = await listening(venue, heard, combined=True)
    client.subscribe([f"{name.lower()}@trade" for name in NAMES], id=1)
    await until(lambda: len(heard) > 200)
    await stopped(client)
    events = [told for told in heard if "stream" in told]
    assert {told["stream"] for told in events} == {f"{name.lower()}@trade" for name in NAMES}
    assert all(told["stream"] == f"{told['data']['s'].lower()}@trade" for told in events)


async def test_its_history_client_pages_to_the_trades_that_were_streamed(venue: Exchange) -> None:
    heard = Heard()
    client = await listening(venue, heard, combined=False)
    client.trade("AAPL", id=1)
    await until(lambda: len(heard) > 300)
    await stopped(client)
    streamed = [told for told in heard if told.get("e") == "trade"]
    asker = Spot(api_key="any", base_url=f"http://127.0.0.1:{venue.port}")

    def asked() -> tuple[Heard, Heard]:
        assert asker.ping() == {}
        assert asker.time()["serverTime"] >= streamed[-1]["T"]
        pages = Heard()
        while len(pages) < len(streamed):
            pages += asker.historical_trades("AAPL", fromId=streamed[0]["t"] + len(pages), limit=100)
        sought = {"startTime": streamed[0]["T"], "endTime": streamed[-1]["T"], "limit": 1000}
        return pages[: len(streamed)], asker.agg_trades("AAPL", **sought)

    trades, aggregates = await asyncio.to_thread(asked)
    names = ("t", "T", "p", "q", "m")
    expected = [tuple(told[name] for name in names) for told in streamed]
    found = [tuple(told[name] for name in ("id", "time", "price", "qty", "isBuyerMaker")) for told in trades]
    assert found == expected
    ids = {told["a"]: (told["T"], told["p"], told["q"], told["m"]) for told in aggregates}
    assert {told["t"]: tuple(told[name] for name in names[1:]) for told in streamed}.items() <= ids.items()
    asker.session.close()
