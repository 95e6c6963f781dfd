"""Corrections on the stream: what was made again is told, and takes the place of what was told before."""

import numpy as np

from core.events import (
    AMENDMENT,
    BACKFILLED,
    COMPLETE,
    CORRECTED,
    DISCONNECTED,
    DONE,
    MISSED,
    REVISED_BAR,
    REVISED_SIGNAL,
    REVISED_TRADE,
    SECOND,
    SIGNAL,
    TRADE,
    rows,
)
from tests.core.made import T0, filled
from tests.running import Start, bars, trades


async def test_a_correction_keeps_its_number_and_what_is_new_gets_the_next(start: Start) -> None:
    gateway = await start()
    made = bars(3)
    made["quality"] = COMPLETE
    changed = made[1:].copy().view(REVISED_BAR)
    changed["quality"], changed["close"] = [CORRECTED, BACKFILLED], 7.0
    changed["seq"][1], changed["ts_event"][1] = 4, made["ts_event"][0] + 1  # older than the newest there is
    end = int(made["ts_event"][-1])
    done = rows(MISSED, [(end, end, 3, end - 1, end + 5, 0, 0, DISCONNECTED, DONE, 2)])
    async with gateway.client() as client:
        await client.subscribe("bars.1s", ["*"])
        for batch in (made, changed, done):
            gateway.bus.put(batch)
        got = [await client.next() for _ in range(3 + 2 + 1)]
        assert [(frame["type"], frame["seq"]) for frame in got] == [
            ("update", 1), ("update", 2), ("update", 3), ("correction", 2), ("correction", 4), ("gap", 4),
        ]  # fmt: skip
        assert [frame["data"]["quality"] for frame in got[3:5]] == ["corrected", "backfilled"]
        assert (got[5]["data"]["backfill"], got[3]["data"]["close"]) == ("done", 7.0)
    async with gateway.client() as client:
        assert (await client.subscribe("bars.1s", ["*"], snapshot=True))["seq"] == {"AAPL": 4}
        newest = await client.next("snapshot")
    assert (newest["seq"], newest["data"]["quality"], newest["data"]["close"]) == (3, "complete", made["close"][2])


async def test_the_newest_bar_is_shown_as_it_was_corrected(start: Start) -> None:
    gateway = await start()
    made = bars(3)
    changed = made[2:].copy().view(REVISED_BAR)
    changed["quality"], changed["close"] = CORRECTED, 7.0
    gateway.bus.put(made)
    gateway.bus.put(changed)
    async with gateway.client() as client:
        await client.subscribe("bars.1s", ["*"], snapshot=True)
        newest = await client.next("snapshot")
    assert (newest["seq"], newest["data"]["quality"], newest["data"]["close"]) == (3, "corrected", 7.0)


async def test_a_signal_that_is_no_more_has_no_side(start: Start) -> None:
    gateway = await start()
    said = filled(SIGNAL, 1)
    withdrawn = said.copy().view(REVISED_SIGNAL)
    withdrawn["side"] = withdrawn["strength"] = 0.0
    async with gateway.client() as client:
        await client.subscribe("signals.*", ["*"])
        await client.subscribe("signals.reversal", ["AAPL"])
        gateway.bus.put(said)
        gateway.bus.put(withdrawn)
        got = [await client.next() for _ in range(4)]
    assert [(frame["type"], frame["channel"]) for frame in got[2:]] == [
        ("correction", "signals.*"), ("correction", "signals.reversal"),
    ]  # fmt: skip
    assert {frame["data"]["side"] for frame in got[2:]} == {0.0}
    gateway.hub._record()
    assert gateway.hub.signal_latency.count == 1  # what is revised was received long ago


async def test_a_trade_that_comes_late_is_told_as_such_and_is_not_the_newest(start: Start) -> None:
    gateway = await start()
    late = trades(6, 1)
    late["ts_event"] = T0 - SECOND
    async with gateway.client() as client:
        await client.subscribe("trades", ["AAPL"])
        gateway.bus.put(trades(1, 5))
        gateway.bus.put(late)
        got = [await client.next() for _ in range(6)]
    assert [frame["data"].get("late", False) for frame in got] == [False] * 5 + [True]
    assert [frame["seq"] for frame in got] == [1, 2, 3, 4, 5, 6]
    async with gateway.client() as client:
        assert (await client.subscribe("trades", ["AAPL"], snapshot=True))["seq"] == 6
        assert (await client.next("snapshot"))["seq"] == 5
    assert np.all(late["ts_event"] < T0)
    assert late.dtype is TRADE


async def test_a_trade_that_is_taken_back_keeps_its_number_and_has_neither_price_nor_size(start: Start) -> None:
    gateway = await start()
    corrected, gone = trades(2, 1).view(REVISED_TRADE), trades(3, 1).view(REVISED_TRADE)
    corrected["price"], corrected["trade_id"] = 7.0, 77
    gone["price"], gone["size"] = np.nan, 0.0
    about = [(T0, T0, 0, 3, 0, np.nan, 0.0, 1.0, 1.0, 0)]
    async with gateway.client() as client:
        await client.subscribe("trades", ["AAPL"])
        for batch in (trades(1, 3), rows(AMENDMENT, about), corrected, gone, trades(4, 1)):
            gateway.bus.put(batch)
        got = [await client.next() for _ in range(6)]
    assert [(frame["type"], frame["seq"]) for frame in got[3:]] == [("correction", 2), ("correction", 3), ("update", 4)]
    assert (got[3]["data"]["price"], got[3]["data"]["trade_id"]) == (7.0, 77)
    assert (got[4]["data"]["price"], got[4]["data"]["size"]) == (None, 0.0)
