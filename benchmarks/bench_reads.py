"""Reads: what REST asks of a database with fifty million ticks and five days of one-minute bars of 500 symbols."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

import numpy as np
import psycopg

from benchmarks.measure import calibration, promise
from benchmarks.server import embedded
from core.events import BAR, SECOND, TIMEFRAME_NAMES, TRADE, Batch
from core.frames import Frames
from core.history import History
from core.ids import interned
from core.loop import run_until_complete
from core.ports import Catalogue
from core.schema import migrate
from core.tables import LAYOUTS

TICKS, PART, SYMBOLS, DAYS = 50_000_000, 1_000_000, 500, 5
DAY = 86_400 * SECOND
T0 = 1_700_000_000 * SECOND // DAY * DAY
CATALOGUE = Catalogue("bench", tuple(f"S{index}" for index in range(SYMBOLS)), ("1m",))


def ticks() -> Iterator[Batch]:
    random, step = np.random.default_rng(6), DAYS * DAY // TICKS
    for first in range(0, TICKS, PART):
        batch = np.zeros(PART, dtype=TRADE)
        batch["symbol"] = random.integers(0, SYMBOLS, PART)
        batch["ts_event"] = batch["ts_recv"] = T0 + (first + np.arange(PART)) * step
        batch["seq"] = first + np.arange(PART) + 1
        batch["price"], batch["size"] = 100 + random.normal(0, 1, PART), random.integers(1, 500, PART)
        yield batch


def bars() -> Iterator[Batch]:
    for minute in range(0, DAYS * 1440, 720):
        batch = np.zeros(720 * SYMBOLS, dtype=BAR)
        number = minute + np.repeat(np.arange(720), SYMBOLS)
        batch["symbol"], batch["seq"] = np.tile(np.arange(SYMBOLS), 720), number + 1
        batch["ts_open"] = T0 + number * 60 * SECOND
        batch["ts_event"] = batch["ts_close"] = batch["ts_recv"] = batch["ts_open"] + 60 * SECOND
        for name in ("open", "high", "low", "close", "vwap", "volume"):
            batch[name] = 100.0 + number % 7
        batch["timeframe"], batch["closed"] = TIMEFRAME_NAMES.index("1m"), 1
        yield batch


def filled(url: str) -> None:
    began = time.monotonic()
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        migrate(connection)
        ids = interned(cursor, CATALOGUE)
        for what, batches in (("trades", ticks()), ("bars", bars())):
            for batch in batches:
                with cursor.copy(LAYOUTS[what].statement) as copy:
                    for piece in LAYOUTS[what].encode(*ids.columns(what, batch)):
                        copy.write(piece)
        cursor.execute("VACUUM ANALYZE")
    print(f"  {TICKS:,} ticks and {DAYS * 1440 * SYMBOLS:,} bars written in {time.monotonic() - began:.0f} s")


async def taken(ask: Callable[[int], Awaitable[object]], runs: int = 200) -> tuple[float, float]:
    """Median and p99 milliseconds over symbols in turn."""
    found = []
    for number in range(runs):
        began = time.perf_counter()
        await ask(number * 37 % SYMBOLS)
        found.append(time.perf_counter() - began)
    return float(np.median(found)) * 1e3, float(np.quantile(found, 0.99)) * 1e3


def frame_row(url: str) -> float:
    """Nanoseconds a row, when about a million trades of all symbols become a polars frame."""
    found, end = [], T0 + DAYS * DAY // 50
    with Frames(url) as frames:
        for _ in range(7):
            began = time.perf_counter()
            rows = len(frames.trades(start=T0, end=end))
            found.append((time.perf_counter() - began) * 1e9 / rows)
    median = float(np.median(found))
    print(f"  {rows:,} trades as a polars frame: {1e3 / median:.2f} million rows/s (best {1e3 / min(found):.2f})")
    return median


async def main() -> bool:
    turn, kept = calibration(), []
    print(f"reads; turn {turn:.1f} ns")
    with embedded() as (_, url):
        await asyncio.to_thread(filled, url)
        history = History(url)
        await history.open()
        first, names = T0 + 2 * DAY, list(CATALOGUE.symbols)
        asks: dict[str, Callable[[int], Awaitable[object]]] = {
            "last_100_bars": lambda n: history.bars([names[n]], "1m", limit=100),
            "day_of_bars": lambda n: history.bars([names[n]], "1m", start=first, end=first + DAY, limit=2_000),
            "last_trade": lambda n: history.last_trades([names[n]]),
            "last_trade_of_all": lambda _: history.last_trades(),
            "bars_of_ten": lambda n: history.bars(names[n : n + 10], "1m", limit=100),
        }
        for name, ask in asks.items():
            await ask(0)
            p50, p99 = await taken(ask)
            print(f"  {name:16} p50 {p50:7.2f}   p99 {p99:7.2f} ms")
            kept.append(promise(f"read_{name}_per_turn", p50 * 1e6 / turn, "turns"))
        await history.close()
        kept.append(promise("frame_row_per_turn", await asyncio.to_thread(frame_row, url) / turn, "turns"))
    return all(kept)


if __name__ == "__main__":
    sys.exit(0 if run_until_complete(main()) else 1)
