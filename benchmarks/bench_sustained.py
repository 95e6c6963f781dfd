"""Sustained: trades through engine and journal on the loop, and into the database by a store process beside it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
import psycopg

from benchmarks.measure import promise
from benchmarks.server import embedded, own_folder
from core.config import load
from core.events import TRADE, Batch, Symbols
from core.loop import run_until_complete
from feeds.stats import FeedStats
from services.market import market

SYMBOLS, EVERY_S = 500, 0.002
SECONDS = 60
_APART = int(EVERY_S * 1e9)
SETTINGS = {
    "CANDELA__MARKET__TIMEFRAMES": "1s,1m",
    "CANDELA__MARKET__STRATEGIES": "crossover(1, 2),rsi_reversal(2, 49.0, 51.0)",
    "CANDELA__LOG__LEVEL": "warning",
}


class Steady:
    """So many trades a second, in batches two milliseconds apart.

    Each symbol's clock is two milliseconds behind the one before, so bars close at 500 moments a second: were they all
    to close in one batch, a minute would have sixty samples, and its p99 would be the worst of them.
    """

    def __init__(self, rate: int, seconds: float) -> None:
        self.stats, self.late_s = FeedStats(), 0.0
        self._each, self._until = int(rate * EVERY_S), seconds
        random = np.random.default_rng(1)
        self._symbols = random.integers(0, SYMBOLS, (64, self._each))
        self._moves = random.normal(0, 1e-4, (64, self._each))

    async def __aiter__(self) -> AsyncIterator[Batch]:
        loop, prices, turn = asyncio.get_running_loop(), np.full(SYMBOLS, 100.0), 0
        began = due = loop.time()
        while due - began < self._until:
            batch = np.zeros(self._each, dtype=TRADE)
            symbol = batch["symbol"] = self._symbols[turn % 64]
            prices[symbol] *= 1 + self._moves[turn % 64]
            batch["price"], batch["size"] = prices[symbol], 1.0
            batch["ts_recv"] = time.time_ns()
            batch["ts_event"] = batch["ts_recv"] - symbol * _APART
            yield batch
            turn += 1
            due += EVERY_S
            self.late_s = loop.time() - due
            await asyncio.sleep(max(-self.late_s, 0))

    def close(self) -> None:
        """It ends by itself."""


@contextmanager
def beside(verb: tuple[str, ...], environ: Mapping[str, str]) -> Iterator[None]:
    """A process of the command line's that runs meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", *verb], env={**os.environ, **environ},
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.communicate()


async def measured(folder: Path, url: str, rate: int, seconds: float, *, stored: bool = True) -> tuple[float, int]:
    """Milliseconds from tick to signal at p99, and rows waiting for the database at the end."""
    environ = {**SETTINGS, "CANDELA__DATA__FOLDER": str(folder), "CANDELA__STORE__URL": url}
    settings, feed = load(environ=environ), Steady(rate, seconds)
    with beside(("serve", "store"), environ) if stored else nullcontext():
        running = await market(settings, feed, Symbols([f"S{i}" for i in range(SYMBOLS)], source=f"at{rate}"))
        realtime = running.hurry()
        began = time.monotonic()
        figures = await running.run(lambda _: None)
        taken, waiting = time.monotonic() - began, running.journal.total - running.journal.stored
    rows = sum(figures["journaled"].values())
    name = ("" if stored else "without a store: ") + ("" if realtime else "at ordinary priority: ")
    p50, p99 = (running.meter.signal_latency.quantile(q) / 1e6 for q in (0.5, 0.99))
    print(
        f"  {name}{rate:,} ticks/s for {taken:.0f} s: {rows / taken:,.0f} rows/s journaled, {waiting:,} waiting at the"
        f" end ({waiting / rate * 1000:.0f} ms); tick → signal p50 {p50:.2f}, p99 {p99:.2f} ms of"
        f" {figures['signals']:,}; the feed {feed.late_s * 1000:.0f} ms late"
    )
    return p99, waiting


async def alone(url: str) -> float:
    """The p99 without a store, whose journal no store is to find later."""
    with own_folder() as folder:
        return (await measured(folder, url, 200_000, SECONDS / 2, stored=False))[0]


async def main() -> bool:
    print(f"sustained, {SYMBOLS} symbols, everything on one machine:")
    with embedded() as (folder, url):
        before = await alone(url)
        busy, waiting = await measured(folder, url, 200_000, SECONDS)
        after = await alone(url)  # machines have moods
        await measured(folder, url, 400_000, SECONDS / 3)
        with psycopg.connect(url) as connection:
            stored = connection.execute("SELECT count(*) FROM ticks").fetchone()
        print(f"  ticks in the database afterwards: {stored[0] if stored else 0:,}")
    ratio = 2 * busy / (before + after)
    return all(
        [
            promise("sustained_waiting_seconds", waiting / 200_000, "seconds of rows waiting after 200,000 ticks/s"),
            promise("sustained_p99_against_alone", ratio, "times the tick-to-signal p99 without a store"),
        ]
    )


if __name__ == "__main__":
    sys.exit(0 if run_until_complete(main()) else 1)
