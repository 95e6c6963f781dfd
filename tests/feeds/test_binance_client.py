"""The exchange's Binance streams, as any client of Binance's knows them."""

import asyncio
import json
from typing import Any

import pytest
import websockets

from feeds.binance_client import BinanceClient
from tests.feeds.made import NAMES, exchange


async def test_a_plain_binance_client_subscribes_lists_and_changes_what_it_gets_as_the_documents_say() -> None:
    venue = exchange(60, speed=5.0)
    await venue.start()
    async with websockets.connect(f"ws://127.0.0.1:{venue.port}/ws") as client:

        async def ask(**request: Any) -> Any:
            await client.send(json.dumps(request))
            while "e" in (told := json.loads(await client.recv())) or "data" in told or "u" in told:
                continue  # events come in between
            return told

        assert await ask(method="LIST_SUBSCRIPTIONS", id=3) == {"result": [], "id": 3}
        wanted = ["aapl@trade", "msft@bookTicker"]
        assert await ask(method="SUBSCRIBE", params=wanted, id=1) == {"result": None, "id": 1}
        assert await ask(method="LIST_SUBSCRIPTIONS", id="mine") == {"result": wanted, "id": "mine"}
        events = [json.loads(await client.recv()) for _ in range(100)]
        assert {(event.get("e", ""), event["s"]) for event in events} == {("trade", "AAPL"), ("", "MSFT")}
        assert {"".join(event) for event in events} == {"eEstpqTmM", "usbBaA"}
        assert await ask(method="GET_PROPERTY", params=["combined"], id=2) == {"result": False, "id": 2}
        assert await ask(method="SET_PROPERTY", params=["combined", True], id=5) == {"result": None, "id": 5}
        assert set(json.loads(await client.recv())) == {"stream", "data"}
        assert await ask(method="UNSUBSCRIBE", params=wanted[:1], id=312) == {"result": None, "id": 312}
        assert {json.loads(await client.recv())["stream"] for _ in range(50)} == {"msft@bookTicker"}
        assert await asyncio.wait_for(await client.ping(b"mine"), 2) >= 0
    async with websockets.connect(f"ws://127.0.0.1:{venue.port}/ws/aapl@trade/amzn@trade") as client:
        assert {json.loads(await client.recv())["s"] for _ in range(50)} == {"AAPL", "AMZN"}
    await venue.stop()


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        ("{not json", 3, "Invalid JSON"),
        ("[1]", 3, "Invalid JSON"),
        ({"id": 1}, 2, "missing field `method`"),
        ({"method": "DANCE", "id": 1}, 2, "unknown variant DANCE, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`"),
        ({"method": "SUBSCRIBE", "params": ["a@trade"], "id": 1.5}, 2, "request ID must be an unsigned integer"),
        ({"method": "SUBSCRIBE", "params": "a@trade", "id": 1}, 2, "expected a sequence"),
        ({"method": "SUBSCRIBE", "params": [1], "id": 1}, 2, "expected a string"),
        ({"method": "GET_PROPERTY", "params": [], "id": 1}, 2, "property name must be a string"),
        ({"method": "GET_PROPERTY", "params": ["combined", 1], "id": 1}, 2, "too many parameters"),
        ({"method": "GET_PROPERTY", "params": ["speed"], "id": 1}, 0, "Unknown property"),
        ({"method": "SET_PROPERTY", "params": ["combined", 1], "id": 1}, 1, "Invalid value type: expected Boolean"),
    ],
)
def test_binances_errors_are_binances(request_: Any, code: int, words: str) -> None:
    client = BinanceClient(NAMES, [], combined=False)
    (answer,) = client.handle(request_ if isinstance(request_, str) else json.dumps(request_))
    error = json.loads(answer)["error"]
    assert (error["code"], words in error["msg"]) == (code, True), error
    assert not client.listens
