"""Clients that are slow, silent, unknown, or about to be left: what each is told."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
import websockets
from websockets.typing import Subprotocol

from tests.running import Start, Stream, trades


async def test_a_slow_client_is_dropped_and_told_and_the_others_go_on(start: Start) -> None:
    gateway = await start(client_queue=2_000)
    async with gateway.client() as quick, gateway.client(max_queue=1) as slow:
        for client in (quick, slow):
            await client.subscribe("trades", ["AAPL"])
        got = asyncio.create_task(take(quick, 60_000))
        for first in range(1, 60_001, 100):
            gateway.bus.put(trades(first, 100))
            await asyncio.sleep(0.002)
        assert await got == list(range(1, 60_001))
        last, code = await slow.rest()
    assert (last["type"], last.get("reason"), code) == ("error", "slow_client", 4407)
    assert last["last_seq"]["1"]["AAPL"] > 0


async def take(client: Any, count: int) -> list[int]:
    return [(await client.next("update"))["seq"] for _ in range(count)]


async def test_a_client_that_wants_the_latest_gets_the_newest_and_the_count_of_what_it_missed(start: Start) -> None:
    gateway = await start(client_queue=50)
    async with gateway.client() as client:
        await client.subscribe("trades", ["AAPL"], mode="latest")
        for first in range(1, 20_001, 200):
            gateway.bus.put(trades(first, 200))
        seen, dropped = 0, 0
        while seen < 20_000:
            frame = await client.next("update")
            dropped += frame["dropped"]
            assert frame["seq"] > seen
            assert frame["seq"] - seen == frame["dropped"] + 1
            seen = frame["seq"]
    assert dropped > 0


async def test_the_latest_never_hides_a_gap(start: Start) -> None:
    gateway = await start()
    async with gateway.client() as client:
        await client.subscribe("trades", ["AAPL"], mode="latest")
        for first, count in ((1, 5), (9, 1), (10, 1), (20, 2)):
            gateway.bus.put(trades(first, count))  # all in one write: everything waits for the client at once
        gateway.bus.flush()
        frames = [await client.next() for _ in range(5)]
    assert [(frame["type"], frame["seq"]) for frame in frames] == [
        ("update", 5),
        ("gap", 5),
        ("update", 10),
        ("gap", 10),
        ("update", 21),
    ]


async def test_silence_is_filled_with_counted_heartbeats(start: Start) -> None:
    gateway = await start(heartbeat_s=0.05)
    async with gateway.client() as client:
        assert [(await client.next("heartbeat"))["count"] for _ in range(3)] == [1, 2, 3]
        await client.ask(op="ping", id="x")
        assert (await client.next("pong"))["id"] == "x"


async def test_a_planned_stop_is_announced(start: Start) -> None:
    gateway = await start()
    async with gateway.client() as client:
        gateway.stop.set()
        assert (await client.next())["type"] == "server_shutdown"
        assert (await client.rest())[1] == 1001


async def test_another_sub_protocol_is_refused_in_words(start: Start) -> None:
    gateway = await start()
    async with websockets.connect(gateway.stream, subprotocols=[Subprotocol("candela.msgpack")]) as connection:
        last, code = await Stream(connection).rest()
    assert (last["reason"], code) == ("not_supported", 4400)


async def test_a_client_that_never_reads_again_is_cut_off(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.live._FAREWELL_S", 0.3)
    gateway = await start(client_queue=500)
    async with gateway.client(max_queue=1) as client:
        await client.subscribe("trades", ["AAPL"])
        client.connection.transport.pause_reading()
        for first in range(1, 100_000, 500):
            gateway.bus.put(trades(first, 500))
            await asyncio.sleep(0.002)
        await asyncio.sleep(1.0)
        assert not gateway.hub.clients
        client.connection.transport.abort()


async def test_a_token_is_asked_for_and_a_wrong_one_ends_the_connection(start: Start) -> None:
    gateway = await start(token="right")
    async with gateway.client() as client:
        await client.ask(op="subscribe", id=1, channel="trades", symbols=["*"])
        assert (await client.next())["code"] == 401
        await client.ask(op="auth", id=2, token="right")
        assert (await client.next())["type"] == "authenticated"
        await client.subscribe("trades", ["*"])
    async with gateway.client() as client:
        await client.ask(op="auth", id=2, token="wrong")
        assert (await client.next())["code"] == 402
        assert (await client.rest())[1] == 4402
    async with gateway.client(additional_headers={"Authorization": "Bearer right"}) as client:
        await client.subscribe("trades", ["*"])


async def test_who_asks_and_never_reads_is_bounded_too(start: Start) -> None:
    gateway = await start(client_queue=1_000)
    peak = 0
    async with websockets.connect(gateway.stream, max_queue=1, compression=None) as connection:

        async def flood() -> None:
            with suppress(websockets.ConnectionClosed):
                for _ in range(200_000):
                    await connection.send('{"op":"ping","id":"%s"}' % ("x" * 200))

        flooding = asyncio.create_task(flood())
        for _ in range(60):
            await asyncio.sleep(0.05)
            peak = max([peak, *(len(client._queue) for client in gateway.hub.clients)])
        flooding.cancel()
        connection.transport.abort()
    assert 0 < peak <= 1_001


async def test_a_client_may_have_so_many_subscriptions_and_no_more(start: Start) -> None:
    gateway = await start()
    async with gateway.client() as client:
        for _ in range(64):
            await client.subscribe("trades", ["*"])
        await client.ask(op="subscribe", id=7, channel="trades", symbols=["*"])
        error = await client.next()
        assert (error["code"], error["reason"], error["id"]) == (405, "too_many_subscriptions", 7)
