"""A client's seat at the local exchange: what is on its way to it, in order."""

import asyncio
from collections import Counter

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from core.log import logger
from feeds.clients import AlpacaClient, Client, Frame

Item = tuple[Frame, dict[str, int]]  # a frame, and its rows by kind

_QUEUE = 4_096  # frames that may wait for one client before it is a slow one


class Seat:
    """`give` frames, then `leave`: they are written in their order, then the connection is closed with a code."""

    def __init__(self, client: Client, connection: ServerConnection) -> None:
        self.client = client
        self._connection = connection
        self._queue: asyncio.Queue[Item | None] = asyncio.Queue(_QUEUE)
        self._goodbye = (1001, "the exchange closes")

    @property
    def full(self) -> bool:
        return self._queue.full()

    async def give(self, item: Item) -> None:
        """Waits while the queue is full."""
        await self._queue.put(item)

    async def leave(self) -> None:
        """Be closed once everything that was given is written."""
        await self._queue.put(None)

    def send_away(self) -> None:
        """It does not read: what waits is dropped, and it is told why."""
        logger().warning("slow_client", waiting=self._queue.qsize())
        while not self._queue.empty():
            self._queue.get_nowait()
        if isinstance(self.client, AlpacaClient):
            self._queue.put_nowait((self.client.slow(), {}))
        self._queue.put_nowait(None)

    async def write(self, sent: Counter[str]) -> None:
        """Write what is given until it leaves; rows are counted as they go out."""
        try:
            while (item := await self._queue.get()) is not None:
                await self._connection.send(item[0])
                sent.update(item[1])
            await self._connection.close(*self._goodbye)
        except ConnectionClosed:
            return
