"""The loop ends by closing: what was taken is carried out, whatever ends the feed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext

import numpy as np
import pytest

from core.errors import FeedLost
from core.events import TRADE, Batch, rows
from core.loop import run


class Slow:
    """A sink that takes its time to write, as a database does."""

    def __init__(self) -> None:
        self.box: list[Batch] = []
        self.written: list[Batch] = []
        self.flushed: list[int] = []
        self.closed = asyncio.Event()

    def put(self, batch: Batch) -> None:
        assert not self.closed.is_set()
        self.box.append(batch)

    def flush(self) -> None:
        self.flushed.append(len(self.box) + len(self.written))

    def close(self) -> None:
        self.closed.set()

    async def drain(self) -> None:
        await self.closed.wait()
        while self.box:
            await asyncio.sleep(0)
            self.written.append(self.box.pop(0))


def numbered(count: int) -> list[Batch]:
    return [rows(TRADE, [(i, i, i, i, 1.0, 1.0, 0, 0)]) for i in range(count)]


async def feed(batches: list[Batch], error: Exception | None = None) -> AsyncIterator[Batch]:
    for batch in batches:
        yield batch
    if error:
        raise error


@pytest.mark.parametrize("error", [None, FeedLost("the wire was cut")])
async def test_every_batch_reaches_every_sink_in_order_before_it_returns(error: Exception | None) -> None:
    sinks = [Slow(), Slow()]
    batches = numbered(1_000)
    with pytest.raises(FeedLost) if error else nullcontext():
        await run(feed(batches, error), lambda batch: (batch, batch), sinks)
    for sink in sinks:
        assert np.concatenate(sink.written)["seq"].tolist() == [i for i in range(1_000) for _ in range(2)]
        assert sink.flushed == list(range(2, 2_001, 2))
