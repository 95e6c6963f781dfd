"""A client's seat at the local exchange: what is on its way to it, and what faults do to that."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from core.log import logger
from feeds.alpaca_client import AlpacaClient
from feeds.clients import Client, Frame
from feeds.faults import Plan, Tally, spoiled

Item = tuple[Frame, dict[str, int]]  # a frame, and its rows by kind
Goodbye = tuple[int, str]  # a close code, and why

_QUEUE = 4_096  # moments that may wait for one client before it is a slow one
_FRAMES = 1 << 16  # of one moment, more than there ever are
CLOSES = (1001, "the exchange closes")


class Seat:
    """`give` frames, then `leave`: they are written in their order, then the connection is closed with a code."""

    def __init__(
        self, client: Client, connection: ServerConnection, plan: Plan, tally: Tally, under_way: Mapping[str, int]
    ) -> None:
        self.client = client
        self._connection = connection
        self._plan, self._tally, self._under_way = plan, tally, under_way
        self._queue: asyncio.Queue[list[Item] | Goodbye] = asyncio.Queue(_QUEUE)
        self._held: list[Item] = []  # while all is slow
        self._swapped: list[Item] = []  # one that goes out behind the next
        self._lost_to = ""  # the fault that cut it

    async def write(self, sent: Counter[str]) -> None:
        """Write what is given until it leaves; rows are counted as they go out."""
        items: list[Item] = []
        try:
            while isinstance(given := await self._queue.get(), list):
                items = given[::-1]
                while items:
                    await self._connection.send(items[-1][0])
                    sent.update(items.pop()[1])
                self._queue.task_done()
            await self._connection.close(*given)
        except ConnectionClosed:
            self._lose(items)

    @property
    def full(self) -> bool:
        return self._queue.full()

    async def give(self, frames: Iterable[Item], moment: int) -> None:
        """Frames of a moment, or what faults leave of them; waits while the queue is full."""
        items = list(frames)
        if self._under_way["mute"]:
            for _, rows in items:
                self._tally.withhold("mute", rows)
            return
        if self._plan.by_chance:
            items = [each for at, item in enumerate(items) for each in self._befallen(item, moment * _FRAMES + at)]
        if self._under_way["slow"]:
            self._held += items
        elif items:
            await self._queue.put(items)

    async def say(self, frames: Iterable[Frame]) -> None:
        """Answers: in their place among what was given, whatever faults there are."""
        await self._queue.put([(frame, {}) for frame in frames])

    async def release(self) -> None:
        """Let go of what is held back: it comes all at once."""
        items, self._held, self._swapped = [*self._held, *self._swapped], [], []
        if items:
            await self._queue.put(items)

    async def leave(self, goodbye: Goodbye = CLOSES, last: Iterable[Frame] = ()) -> None:
        """Be closed once everything that was given, and these last frames, are written."""
        await self.release()
        await self.say(last)
        await self._queue.put(goodbye)

    def send_away(self) -> None:
        """It does not read: what waits is dropped, and it is told why."""
        logger().warning("slow_client", waiting=self._queue.qsize())
        while not self._queue.empty():
            self._queue.get_nowait()
        if isinstance(self.client, AlpacaClient):
            self._queue.put_nowait([(self.client.slow(), {})])
        self._queue.put_nowait(CLOSES)

    async def cut(self, fault: str, patience_s: float) -> None:
        """End the connection without a word once what was sent is written; what is held back or unread is lost."""
        self._lost_to = fault
        self._lose([*self._held, *self._swapped])
        self._held, self._swapped = [], []
        try:
            await asyncio.wait_for(self._queue.join(), patience_s)
            self._connection.transport.close()
        except TimeoutError:
            while not self._queue.empty():
                given = self._queue.get_nowait()
                self._lose(given if isinstance(given, list) else [])
            self._connection.transport.abort()

    def _lose(self, items: list[Item]) -> None:
        for _, rows in items if self._lost_to else ():
            self._tally.withhold(self._lost_to, rows)

    def _befallen(self, item: Item, number: int) -> Iterator[Item]:
        """A frame as chance would have it: spoiled, twice, or behind the next one."""
        kind = next((kind for kind in self._plan.by_chance if self._plan.hits(kind, number)), "")
        if kind:
            self._tally.faults[kind] += 1
        before, self._swapped = self._swapped, [item] if kind == "reorder" else []
        if kind == "corrupt":
            self._tally.withhold(kind, item[1])
            yield spoiled(item[0], self._plan.drawn(kind, number)), {}
        elif kind != "reorder":
            yield item
        if kind == "dup":
            self._tally.repeated.update(item[1])
            yield item
        yield from before
