"""Clients of `benchmarks.venue`, each as its library is meant to be used and in a process of its own.

`python -m benchmarks.listeners NAME URL MESSAGES KERNELS` reads so many messages and prints, as JSON, the seconds of
CPU (user and system) and of the clock from the first message to the last, and what else was looked at.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import msgspec
import numpy as np
import psutil
import uvloop
import websockets

from benchmarks.venue import NAMES, READY
from core.events import TIME, TRADE, Symbols
from core.log import configure
from core.loop import settle
from core.ports import Subscription
from feeds import ALPACA
from feeds.alpaca import Quote, Trade
from feeds.socket import SocketFeed

Figures = dict[str, float]


class Watch:
    """Counts messages; from the first to the last it takes the time."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.count = wanted, 0
        self.cpu = self.wall = 0.0
        self.done = asyncio.Event()

    def add(self, messages: int) -> None:
        if not self.count:
            self.cpu, self.wall = time.process_time(), time.perf_counter()
        self.count += messages
        if self.count >= self.wanted:
            self.cpu, self.wall = time.process_time() - self.cpu, time.perf_counter() - self.wall
            self.done.set()

    def figures(self) -> Figures:
        return {"messages": self.count, "cpu": self.cpu, "wall": self.wall}


def feed(url: str, kernels: str) -> SocketFeed:
    asked = Subscription(("*",), ("trades", "quotes"), "key", "secret")
    return SocketFeed(ALPACA, asked, Symbols(NAMES), url=url, kernels=Path(kernels))


async def candela(url: str, wanted: int, kernels: str) -> Figures:
    """Our feed, to batches in their order; how much memory there is after a tenth and at the end."""
    watch, ours, process = Watch(wanted), feed(url, kernels), psutil.Process()
    early = 0
    settle()
    async for batch in ours:
        if batch.dtype is not TIME:
            watch.add(len(batch))
            early = early or (process.memory_info().rss if watch.count >= wanted // 10 else 0)
        if watch.done.is_set():
            break
    return {**watch.figures(), "memory": process.memory_info().rss / early}


async def sleepy(url: str, wanted: int, kernels: str) -> Figures:
    """Our feed, while nobody takes what it has; afterwards, how many trades are not the ones behind those before."""
    ours, ids = feed(url, kernels), []
    count = 0
    async for batch in ours:
        if batch.dtype is TRADE:
            ids.append(batch["trade_id"].copy())
            count += len(batch)
            if len(ids) == 1:
                await asyncio.sleep(2)
        if count >= wanted:
            break
    amiss = np.diff(np.concatenate(ids)) % READY != 1
    return {"messages": count, "amiss": int(amiss.sum()) + int(ids[0][0] != 0)}


async def alpaca(url: str, wanted: int, _: str) -> Figures:
    """alpaca-py as shipped."""
    from alpaca.data.live import StockDataStream  # noqa: PLC0415 only this process has it in memory

    watch, stream = Watch(wanted), StockDataStream("key", "secret", url_override=url)

    async def take(_message: object) -> None:
        watch.add(1)

    stream.subscribe_trades(take, "*")
    stream.subscribe_quotes(take, "*")
    running = asyncio.create_task(stream._run_forever())  # noqa: SLF001 what its run() runs, here on uvloop
    await watch.done.wait()
    running.cancel()
    return watch.figures()


async def structs(url: str, wanted: int, _: str) -> Figures:
    """websockets, and msgspec into typed objects."""
    watch, decoder = Watch(wanted), msgspec.msgpack.Decoder(list[Trade | Quote])
    async with websockets.connect(url, compression=None, max_size=None) as connection:
        for _event in ("auth", "subscribe", "subscribed"):
            await connection.recv()
            await connection.send(b"\x80")
        async for frame in connection:
            assert isinstance(frame, bytes)
            watch.add(len(decoder.decode(frame)))
            if watch.done.is_set():
                break
    return watch.figures()


LISTENERS: dict[str, Callable[[str, int, str], Coroutine[None, None, Figures]]] = {
    "candela": candela,
    "sleepy": sleepy,
    "alpaca-py": alpaca,
    "websockets + msgspec": structs,
}

if __name__ == "__main__":
    configure("error", "listener")
    name, address, messages, folder = sys.argv[1:]
    print(json.dumps(uvloop.run(LISTENERS[name](address, int(messages), folder))), flush=True)
    os._exit(0)  # a peer's threads and sockets need no goodbye
