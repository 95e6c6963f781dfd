"""A real gateway on a real port, fed through a real bus; a real database behind it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from core.bus import BusServer
from core.config import load
from core.events import BAR, QUOTE, SIGNAL, TIMEFRAME_NAMES, TRADE, Batch
from core.settings import Settings
from gateway.app import serve
from gateway.hub import Hub
from tests.core.made import CATALOGUE, T0, VALUES, carried, filled


class Running:
    """A gateway under test: its addresses, and the bus that feeds it."""

    def __init__(self, url: str, bus: BusServer, hub: Hub, stop: asyncio.Event) -> None:
        self.url, self.bus, self.hub, self.stop = url, bus, hub, stop
        self.stream = url.replace("http", "ws", 1) + "/api/stream"

    @asynccontextmanager
    async def client(self, **options: Any) -> AsyncIterator["Stream"]:
        async with websockets.connect(self.stream, **options) as connection:
            stream = Stream(connection)
            assert (await stream.next("welcome"))["protocol"] == 1
            yield stream


class Stream:
    """A plain WebSocket client that flattens arrays and skips heartbeats."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._waiting: list[dict[str, Any]] = []

    async def ask(self, **request: Any) -> None:
        await self.connection.send(json.dumps(request))

    async def next(self, *kinds: str) -> dict[str, Any]:
        """The next frame of one of these kinds; of any but heartbeats without."""
        while True:
            while not self._waiting:
                told = json.loads(await asyncio.wait_for(self.connection.recv(), 5))
                self._waiting = told if isinstance(told, list) else [told]
            frame = self._waiting.pop(0)
            if frame["type"] in kinds or (not kinds and frame["type"] != "heartbeat"):
                return frame

    async def rest(self) -> tuple[dict[str, Any], int]:
        """The last frame before the connection ends, and its close code."""
        last: dict[str, Any] = {}
        try:
            while True:
                last = await self.next()
        except websockets.ConnectionClosed as closed:
            return last, closed.rcvd.code if closed.rcvd else 0

    async def subscribe(self, channel: str, symbols: list[str], **more: Any) -> dict[str, Any]:
        await self.ask(op="subscribe", id=1, channel=channel, symbols=symbols, **more)
        return await self.next("subscribed")


Start = Callable[..., Awaitable[Running]]


@pytest.fixture
async def start(database: str, tmp_path: Path) -> AsyncIterator[Start]:
    """`await start(**gateway settings)`: a running gateway."""
    ended: list[tuple[Running, asyncio.Task[None]]] = []

    async def begin(*, stored: bool = False, **gateway: Any) -> Running:
        batches = [filled(dtype, 300) for dtype in (TRADE, QUOTE, BAR, SIGNAL, VALUES)] if stored else []
        await asyncio.to_thread(carried, database, tmp_path / "journal", batches)
        settings: Settings = load(flags={"gateway": {"port": 0, **gateway}, "store": {"url": database}})
        bus = BusServer(f"unix://{tmp_path}/bus")
        await bus.start(CATALOGUE)
        hub, stop = Hub(f"unix://{tmp_path}/bus"), asyncio.Event()
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(settings, hub, stop, address.set_result))
        running = Running(await address, bus, hub, stop)
        ended.append((running, serving))
        for _ in range(200):
            if hub.catalogue.symbols:
                break
            await asyncio.sleep(0.01)
        return running

    yield begin
    for running, serving in ended:
        running.stop.set()
        await asyncio.wait_for(serving, 10)
        running.bus.close()
        await running.bus.drain()


def trades(first: int, count: int, symbol: int = 0) -> Batch:
    """Trades of one symbol, numbered from `first`."""
    batch = np.zeros(count, dtype=TRADE)
    batch["seq"] = np.arange(first, first + count)
    batch["symbol"] = symbol
    batch["price"] = 100 + np.arange(count)
    batch["ts_event"] = batch["ts_recv"] = T0 + np.arange(count)
    return batch


def signals(count: int) -> Batch:
    """Signals of one symbol, two strategies in turn."""
    batch = np.zeros(count, dtype=SIGNAL)
    batch["strategy"] = np.arange(count) % 2
    batch["seq"] = np.arange(count) // 2 + 1
    batch["seq_all"] = np.arange(count) + 1
    batch["side"], batch["price"], batch["ts_recv"] = 1.0, 10.0, T0
    return batch


def bars(count: int, timeframe: str = "1s") -> Batch:
    batch = filled(BAR, count, symbols=1)
    batch["timeframe"], batch["closed"] = TIMEFRAME_NAMES.index(timeframe), 1
    return batch
