"""The local exchange and the socket feed, over real sockets, in the venues' own protocols."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import alpaca.data.live
import pytest
import websockets

from core.errors import BadInput
from core.events import SECOND, TIME, Batch, Symbols, joined, kind
from core.ports import Subscription
from feeds import ALPACA, BINANCE
from feeds.exchange import Exchange
from feeds.played import recorded
from feeds.socket import SocketFeed
from tests.feeds.made import NAMES, exchange, listen, minutes, source, subscription, totals

FRAMES = Path(__file__).parent / "frames/binance.txt"


@pytest.mark.parametrize("speed", [0.0, 50.0])
async def test_every_row_sent_is_received(speed: float) -> None:
    venue = exchange(10, speed)
    await venue.start()
    feed = SocketFeed(ALPACA, subscription(), Symbols(NAMES), url=venue.url("alpaca"))
    got: list[Batch] = []
    listening = asyncio.create_task(listen(feed, got))
    await venue.finished.wait()
    await venue.stop()
    feed.close()
    await listening
    assert totals(got) == venue.sent == feed.stats.received
    assert venue.sent["trades"] + venue.sent["quotes"] == sum(len(b) for m in source(10) for b in m.batches)
    assert venue.sent["bars"] > 0
    assert any(batch.dtype is TIME for batch in got)


async def test_rows_arrive_as_they_were_played() -> None:
    venue = exchange(2)
    await venue.start()
    feed = SocketFeed(ALPACA, subscription(), Symbols(NAMES), url=venue.url("alpaca"))
    got: list[Batch] = []
    listening = asyncio.create_task(listen(feed, got))
    await venue.finished.wait()
    await venue.stop()
    feed.close()
    await listening
    for what, fields in (
        ("trades", ["ts_event", "trade_id", "price", "size", "symbol"]),
        ("quotes", ["bid", "ask_size"]),
    ):
        sent = joined([batch for moment in source(2) for batch in moment.batches if kind(batch) == what])
        arrived = joined([batch for batch in got if kind(batch) == what])
        assert [sent[name].tolist() for name in fields] == [arrived[name].tolist() for name in fields]


async def test_the_unmodified_alpaca_client_receives_trades_quotes_and_bars() -> None:
    venue = Exchange(source(150, 100.0), Symbols(NAMES), minutes(), key="key", secret="secret", speed=60.0)
    await venue.start()
    stream = alpaca.data.live.StockDataStream("key", "secret", url_override=f"ws://127.0.0.1:{venue.port}/v2/iex")
    got: dict[str, list[Any]] = {"trades": [], "quotes": [], "bars": []}

    async def trade(item: Any) -> None:
        got["trades"].append(item)

    async def quote(item: Any) -> None:
        got["quotes"].append(item)

    async def bar(item: Any) -> None:
        got["bars"].append(item)

    stream.subscribe_trades(trade, "AAPL", "MSFT")
    stream.subscribe_quotes(quote, "*")
    stream.subscribe_bars(bar, "AAPL")
    running = asyncio.create_task(stream._run_forever())
    await asyncio.wait_for(venue.finished.wait(), 60)
    for _ in range(6_000):
        if sum(map(len, got.values())) >= sum(venue.sent.values()):  # asked to stop before, it hangs in its close
            break
        await asyncio.sleep(0.01)
    await stream.stop_ws()
    with contextlib.suppress(websockets.ConnectionClosed):
        await asyncio.wait_for(running, 15)
    await venue.stop()
    assert {trade.symbol for trade in got["trades"]} == {"AAPL", "MSFT"}
    assert {bar.symbol for bar in got["bars"]} == {"AAPL"}
    assert {kind: len(items) for kind, items in got.items()} == dict(venue.sent)
    first = next(b for m in source(150, 100.0) for b in m.batches if kind(b) == "trades" and (b["symbol"] < 2).any())
    first = first[first["symbol"] < 2]
    assert got["trades"][0].price == first["price"][0]
    assert got["trades"][0].timestamp.timestamp() == pytest.approx(first["ts_event"][0] / SECOND)
    assert len(got["bars"]) >= 2


async def test_a_session_can_be_moved_to_now() -> None:
    venue = exchange(2, speed=20.0, rebase=True)
    await venue.start()
    feed = SocketFeed(ALPACA, subscription(), Symbols(NAMES), url=venue.url("alpaca"))
    got: list[Batch] = []
    listening = asyncio.create_task(listen(feed, got))
    await venue.finished.wait()
    feed.close()
    await listening
    await venue.stop()
    trades = joined([batch for batch in got if kind(batch) == "trades"])
    assert abs(int(trades["ts_recv"][0] - trades["ts_event"][0])) < 5 * SECOND


async def test_alpacas_errors_are_alpacas() -> None:
    venue = exchange()
    await venue.start()
    async with websockets.connect(venue.url("alpaca")) as client:

        async def ask(message: object) -> Any:
            await client.send(message if isinstance(message, str) else json.dumps(message))
            return json.loads(await client.recv())[0]

        assert json.loads(await client.recv()) == [{"T": "success", "msg": "connected"}]
        assert (await ask({"action": "subscribe", "trades": ["AAPL"]}))["code"] == 401
        assert (await ask("{not json"))["code"] == 400
        assert (await ask({"action": "dance"}))["code"] == 400
        assert (await ask({"action": "auth", "key": "key", "secret": "no"}))["code"] == 402
        assert (await ask({"action": "auth", "key": "key", "secret": "secret"}))["msg"] == "authenticated"
        assert (await ask({"action": "auth", "key": "key", "secret": "secret"}))["code"] == 403
        assert (await ask({"action": "subscribe", "trades": "AAPL"}))["code"] == 400
        acked = await ask({"action": "subscribe", "trades": ["AAPL"], "quotes": ["MSFT"]})
        assert acked == {"T": "subscription", "trades": ["AAPL"], "quotes": ["MSFT"], "bars": []}
        first = json.loads(await client.recv())[0]
        assert first["T"] in "tq"
        assert first["t"].startswith("2023-11-14T22:13:")
    await venue.stop()


async def test_binance_streams_are_played_verbatim_from_a_recording() -> None:
    symbols = Symbols(grows=True)
    venue = Exchange(recorded(FRAMES, symbols), symbols, minutes(), speed=0)
    await venue.start()
    address = f"ws://127.0.0.1:{venue.port}/stream?streams=btcusdt@trade/btcusdt@bookTicker"
    async with websockets.connect(address) as client:
        frames = [await client.recv() for _ in range(4)]
        await client.send(json.dumps({"method": "SUBSCRIBE", "params": ["ethusdt@trade"], "id": 5}))
        assert json.loads(await client.recv()) == {"result": None, "id": 5}
        await client.send(json.dumps({"method": "DANCE", "id": 6}))
        assert "error" in json.loads(await client.recv())
    lines = [line.split(" ", 1)[1] for line in FRAMES.read_text().splitlines()]
    assert frames == [lines[0], lines[1], lines[4], lines[5]]
    await venue.stop()


async def test_binance_streams_of_a_simulated_session_reach_the_feed() -> None:
    venue = exchange(2)
    await venue.start()
    asked = Subscription(tuple(NAMES), ("trades", "quotes"))
    feed = SocketFeed(BINANCE, asked, Symbols(NAMES), url=venue.url("binance"))
    got: list[Batch] = []
    listening = asyncio.create_task(listen(feed, got))
    await venue.finished.wait()
    await venue.stop()
    feed.close()
    await listening
    assert totals(got) == venue.sent
    assert venue.sent["trades"] > 500


async def test_an_unknown_path_and_a_taken_port_are_said() -> None:
    venue = exchange()
    await venue.start()
    with pytest.raises(websockets.InvalidStatus, match="404"):
        await websockets.connect(f"ws://127.0.0.1:{venue.port}/v9")
    with pytest.raises(BadInput, match="is in use: choose another with --port"):
        await exchange(port=venue.port).start()
    await venue.stop()


async def test_a_client_that_does_not_read_is_told_and_sent_away_and_the_others_go_on() -> None:
    venue = exchange(speed=5.0)
    venue._source = source(20, 8_000.0)
    await venue.start()
    slow = await websockets.connect(venue.url("alpaca"), max_queue=1)
    for message in ({"action": "auth", "key": "key", "secret": "secret"}, {"action": "subscribe", "quotes": ["*"]}):
        await slow.send(json.dumps(message))
    feed = SocketFeed(ALPACA, subscription(), Symbols(NAMES), url=venue.url("alpaca"))
    got: list[Batch] = []
    listening = asyncio.create_task(listen(feed, got))
    await asyncio.wait_for(venue.finished.wait(), 60)
    last: Any = ""
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            last = await asyncio.wait_for(slow.recv(), 10)
    assert json.loads(last) == [{"T": "error", "code": 407, "msg": "slow client"}]
    await venue.stop()
    feed.close()
    await listening
    assert totals(got)["quotes"] > 60_000
