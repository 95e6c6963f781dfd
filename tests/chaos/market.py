"""A real market process over rows that follow from their number: `python -m tests.chaos.market`, until killed."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from core import log
from core.config import load
from core.events import Batch, Symbols
from core.loop import run_until_complete
from feeds.stats import FeedStats
from services.market import market
from tests.chaos.rows import SYMBOLS, Told, trades

EACH = 25  # trades of a symbol in a batch


class Numbered:
    """A feed that goes on behind the last number given, and tells which it knows to be journaled."""

    def __init__(self, told: Told, rows_per_second: float) -> None:
        self.stats = FeedStats()
        self.last = 0
        self._told, self._pause = told, EACH * len(SYMBOLS) / rows_per_second
        self._open = True

    async def __aiter__(self) -> AsyncIterator[Batch]:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while self._open:
            yield trades(self.last + 1, EACH)
            self.last += EACH
            self._told.write(self.last)  # asked for the next: all that follows from the last was put and flushed
            due += self._pause
            await asyncio.sleep(max(due - loop.time(), 0))

    def close(self) -> None:
        self._open = False


async def main() -> int:
    settings = load(environ=os.environ)
    log.configure("warning", "market")
    feed = Numbered(Told(Path(os.environ["CHAOS_TOLD"])), float(os.environ["CHAOS_RATE"]))
    running = await market(settings, feed, Symbols(SYMBOLS, source="chaos"))
    last = running.engine.bank.ticks["trades"][: len(SYMBOLS)]
    if last.min() != last.max() or last[0] < feed._told.read():
        raise SystemExit(f"the journal says {last.tolist()}, but {feed._told.read()} of each were flushed")
    feed.last = int(last[0])
    asyncio.get_running_loop().add_signal_handler(15, feed.close)
    await running.run(lambda _: None)
    return 0


if __name__ == "__main__":
    raise SystemExit(run_until_complete(main()))
