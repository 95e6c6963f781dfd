"""The stream, as a plain WebSocket client sees it."""

import asyncio
import json
from dataclasses import replace

import numpy as np
import pytest

from core.events import COMPLETE, MISSED, NEVER, QUOTE, SILENT, VENUE, rows
from tests.core.made import CATALOGUE, VALUES, filled
from tests.running import Start, bars, signals, trades


async def test_updates_carry_a_number_that_rises_by_one_per_channel_and_symbol(start: Start) -> None:
    gateway = await start()
    async with gateway.client() as client:
        answer = await client.subscribe("trades", ["AAPL", "MSFT"])
        assert answer.pop("t_in") <= answer.pop("t_out")
        assert answer == {
            "type": "subscribed",
            "id": 1,
            "sid": 1,
            "channel": "trades",
            "symbols": ["AAPL", "MSFT"],
            "seq": {},
        }
        for first in range(1, 400, 4):
            for symbol in (0, 1, 2):
                gateway.bus.put(trades(first, 4, symbol))
        got = [await client.next("update") for _ in range(800)]
    for name in ("AAPL", "MSFT"):
        assert [frame["seq"] for frame in got if frame["symbol"] == name] == list(range(1, 401))
    assert got[0]["data"] == {"price": 100.0, "size": 0.0, "side": 0, "trade_id": 0}
    assert set(got[0]) == {"type", "sid", "channel", "seq", "symbol", "ts_event", "ts_recv", "ts_out", "data"}


async def test_all_strategies_are_one_channel_with_numbers_of_its_own(start: Start) -> None:
    gateway = await start()
    async with gateway.client() as client:
        every = (await client.subscribe("signals.*", ["*"]))["sid"]
        one = (await client.subscribe("signals.reversal", ["AAPL"]))["sid"]
        gateway.bus.put(signals(40))
        got = [await client.next("update") for _ in range(60)]
    assert [frame["seq"] for frame in got if frame["sid"] == every] == list(range(1, 41))
    assert [frame["seq"] for frame in got if frame["sid"] == one] == list(range(1, 21))
    assert {frame["data"]["strategy"] for frame in got if frame["sid"] == one} == {"reversal"}
    assert got[0]["data"].keys() == {"strategy", "side", "strength", "price", "timeframe", "quality"}


async def test_bars_and_indicators_come_by_timeframe_and_nan_is_null(start: Start) -> None:
    gateway = await start()
    values = filled(VALUES, 3, symbols=1)
    values["ema_12"][0] = np.nan
    beside = bars(2)
    beside["origin"], beside["seq"] = VENUE, 0
    async with gateway.client() as client:
        await client.subscribe("bars.1s", ["AAPL"])
        await client.subscribe("indicators.1m", ["AAPL"])
        for batch in (bars(3, "1m"), beside, bars(3), values):
            gateway.bus.put(batch)
        got = [await client.next("update") for _ in range(6)]
    assert [frame["channel"] for frame in got] == ["bars.1s"] * 3 + ["indicators.1m"] * 3
    assert (got[0]["data"]["closed"], got[0]["data"]["timeframe"]) == (True, "1s")
    assert got[3]["data"]["values"]["ema_12"] is None
    assert got[4]["data"]["values"]["ema_12"] > 0


async def test_a_snapshot_is_followed_by_updates_without_a_hole_or_a_repeat(start: Start) -> None:
    gateway = await start()
    putting = True

    async def put() -> None:
        first = 1
        while putting:
            gateway.bus.put(trades(first, 3))
            first += 3
            await asyncio.sleep(0.001)

    task = asyncio.create_task(put())
    await asyncio.sleep(0.1)
    async with gateway.client() as client:
        for _ in range(20):
            answer = await client.subscribe("trades", ["AAPL"], snapshot=True)
            snapshot = await client.next("snapshot")
            update = await client.next("update")
            assert answer["seq"] == snapshot["seq"] == update["seq"] - 1
            await client.ask(op="unsubscribe", id=2, sid=answer["sid"])
            await client.next("unsubscribed")
    putting = False
    await task


@pytest.mark.parametrize(
    ("request_", "code", "reason"),
    [
        ('{"op":"subscribe","id":5,"channel":"trades.x","symbols":["*"]}', 400, "unknown_channel"),
        ('{"op":"subscribe","id":5,"channel":"bars.7m","symbols":["*"]}', 400, "unknown_channel"),
        ('{"op":"subscribe","id":5,"channel":"trades","symbols":["TSLA"]}', 400, "unknown_symbol"),
        ('{"op":"subscribe","id":5,"channel":"trades"}', 400, "no_symbols"),
        ('{"op":"subscribe","id":5,"channel":"trades","symbols":"AAPL"}', 400, "bad_request"),
        ('{"op":"subscribe","id":5,"channel":"trades","symbols":["*"],"from_seq":3}', 400, "not_supported"),
        ('{"op":"subscribe","id":5,"channel":"trades","symbols":["*"],"fast":true}', 400, "bad_request"),
        ('{"op":"unsubscribe","id":5,"sid":99}', 400, "unknown_sid"),
        ('{"op":"dance","id":5}', 400, "bad_request"),
        ('{"id":5}', 400, "bad_request"),
        ("{not json", 400, "bad_json"),
        ("[1]", 400, "bad_request"),
        ('{"op":' * 5_000, 400, "bad_request"),
        ("[" * 30_000, 400, "bad_request"),
        ('"text"', 400, "bad_request"),
    ],
)
async def test_a_request_that_makes_no_sense_is_answered_and_the_stream_goes_on(
    start: Start, request_: str, code: int, reason: str
) -> None:
    gateway = await start()
    async with gateway.client() as client:
        await client.subscribe("trades", ["AAPL"])
        await client.connection.send(request_)
        error = await client.next("error")
        assert (error["code"], error["reason"]) == (code, reason)
        assert error["id"] == (5 if '"id":5' in request_ else None)
        assert error["message"]
        gateway.bus.put(trades(1, 1))
        assert (await client.next("update"))["seq"] == 1


async def test_a_hole_in_the_numbers_is_marked_where_it_is(start: Start) -> None:
    gateway = await start()
    async with gateway.client() as client:
        await client.subscribe("trades", ["AAPL"])
        gateway.bus.put(trades(1, 2))
        gateway.bus.put(trades(6, 1))
        kinds = [await client.next() for _ in range(4)]
    assert [frame["type"] for frame in kinds] == ["update", "update", "gap", "update"]
    assert kinds[2]["data"]["from_seq"] == 2
    assert kinds[2]["data"]["to_seq"] == 6
    assert kinds[2]["data"]["reason"] == "not_received"


async def test_the_market_going_and_coming_is_said_on_the_system_channel(start: Start) -> None:
    gateway = await start()
    async with gateway.client() as client:
        await client.subscribe("system", [])
        gateway.bus.tell({"ticks": 5})
        assert (await client.next("update"))["data"] == {"event": "stats", "ticks": 5}
        gateway.bus.close()
        await gateway.bus.drain()
        assert (await client.next("update"))["data"] == {"event": "market_gone"}


async def test_the_sub_protocol_is_agreed(start: Start) -> None:
    gateway = await start()
    async with gateway.client(subprotocols=["candela.json"]) as client:
        assert client.connection.subprotocol == "candela.json"
    async with gateway.client() as client:
        assert client.connection.subprotocol is None


async def test_after_another_market_process_numbers_follow_the_names(start: Start) -> None:
    gateway = await start()
    async with gateway.client() as client:
        await client.subscribe("trades", ["*"])
        gateway.bus.put(trades(1, 5, symbol=0))
        assert [(await client.next("update"))["symbol"] for _ in range(5)] == ["AAPL"] * 5
        gateway.bus.announce(replace(CATALOGUE, symbols=tuple(reversed(CATALOGUE.symbols))))
        gateway.bus.put(trades(6, 1, symbol=2))
        frame = await client.next()
        assert (frame["type"], frame["symbol"], frame["seq"]) == ("update", "AAPL", 6)
        assert (await client.subscribe("trades", ["AAPL"]))["seq"] == 6


async def test_many_waiting_frames_go_out_as_one_array(start: Start) -> None:
    gateway = await start()
    async with gateway.client() as client:
        await client.subscribe("trades", ["AAPL"])
        gateway.bus.put(trades(1, 900))
        sizes: list[int] = []
        while sum(sizes) < 900:
            told = json.loads(await client.connection.recv())
            sizes.append(len(told) if isinstance(told, list) else told["type"] == "update")
    assert max(sizes) > 100


async def test_what_never_reached_us_is_said_on_every_channel_made_of_it_and_the_bar_it_spoiled_is_corrected(
    start: Start,
) -> None:
    gateway = await start()
    made = bars(3)
    made["quality"] = COMPLETE
    end = int(made["ts_event"][-1])
    missed = rows(MISSED, [(end, end, 3, end - 1, NEVER, 0, 0, SILENT, 0, 0)])
    ended = rows(MISSED, [(end, end, 3, end - 1, end + 5, 0, 0, SILENT, 0, 0)])
    async with gateway.client() as client:
        await client.subscribe("bars.1s", ["*"])
        await client.subscribe("trades", ["AAPL"])
        await client.subscribe("quotes", ["AAPL"])
        await client.subscribe("trades", ["MSFT"])
        for batch in (made, missed, ended, filled(QUOTE, 1)):
            gateway.bus.put(batch)
        got = [await client.next() for _ in range(3 + 1 + 4 + 1)]
    spoiled = [frame for frame in got if frame["type"] == "correction"]
    assert [(frame["channel"], frame["seq"], frame["data"]["quality"]) for frame in spoiled] == [("bars.1s", 3, "gap")]
    gaps = [frame for frame in got if frame["type"] == "gap"]
    assert [(frame["channel"], frame["symbol"], frame["seq"], frame["data"]["to_ts"]) for frame in gaps] == [
        ("bars.1s", "AAPL", 3, None),
        ("trades", "AAPL", 0, None),
        ("bars.1s", "AAPL", 3, end + 5),
        ("trades", "AAPL", 0, end + 5),
    ]
    assert gaps[0]["data"] == {"from_ts": end - 1, "to_ts": None, "reason": "silent", "backfill": "pending"}


async def test_who_comes_after_a_gap_sees_it_on_the_newest_bar(start: Start) -> None:
    gateway = await start()
    made = bars(3)
    made["quality"] = COMPLETE
    end = int(made["ts_event"][-1])
    gateway.bus.put(made)
    gateway.bus.put(rows(MISSED, [(end, end, 3, end - 1, NEVER, 0, 0, SILENT, 0, 0)]))
    async with gateway.client() as client:
        await client.subscribe("bars.1s", ["*"], snapshot=True)
        newest = await client.next("snapshot")
    assert (newest["seq"], newest["data"]["quality"]) == (3, "gap")
