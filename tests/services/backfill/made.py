"""A simulated session as the live platform stores it, with or without holes, and as the history of it."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from core.engine import Engine
from core.events import SECOND, TIME, TRADE, Batch, Symbols, joined, rows
from feeds.simulated import default_symbols, simulated
from services.backfill.run import backfill
from services.backfill.tally import Asked, Backfilled
from tests.core.made import begun, ended, put, storing

SOURCE = "live"
COUNT = 4  # symbols
MIDNIGHT = 1_700_006_400 * SECOND
START = MIDNIGHT - 20 * SECOND
SECONDS = 45  # of which the last ten are without holes: the stream has gone on
TIMEFRAMES = ("1s", "5s", "1m", "1h", "1d")


def history(seed: int) -> Batch:
    """All trades of the session."""
    batches = simulated(COUNT, seed=seed, start=START, rate=150.0, seconds=SECONDS)
    return joined([batch for batch in batches if batch.dtype is TRADE])


def holes(trades: Batch, seed: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """True where the feed lost a trade: outages of everything, of one symbol, and single trades."""
    random = np.random.default_rng(seed)
    lost = random.random(len(trades)) < 0.02
    for symbol in (-1, 0, 1, 2, 3):
        first = START + int(random.uniform(0, 28) * SECOND)
        last = first + int(random.exponential(3) * SECOND)
        during = (trades["ts_event"] >= first) & (trades["ts_event"] < last)
        lost |= during & ((trades["symbol"] == symbol) | (symbol < 0))
    lost &= (trades["ts_event"] < START + (SECONDS - 10) * SECOND) & (np.arange(len(trades)) > 0)
    return lost


def lived(url: str, root: Path, kernels: Path, trades: Batch, *, source: str = SOURCE, last: int = 0) -> None:
    """The trades as a stream through the engine, the journal and the store; time passes whether trades come or not."""
    engine = Engine(Symbols(default_symbols(COUNT), source=source), TIMEFRAMES, (), kernels)
    journal = begun(root, engine.catalogue)
    part = trades["ts_recv"] // (SECOND // 20)
    edges = range(START // (SECOND // 20), int(part[-1]) + 2)
    first = np.searchsorted(part, list(edges))
    for moment, begin, end in zip(edges, first, first[1:], strict=False):
        now = moment * (SECOND // 20)
        put(journal, *engine(rows(TIME, [(now - SECOND // 10, now)])))
        put(journal, *(engine(trades[begin:end]) if end > begin else ()))
    ended(journal)
    with storing(url, root):
        pass


def merge(
    url: str, root: Path, kernels: Path, batches: Iterable[Batch], *, source: str = SOURCE,
    report: Callable[[str, int, int], None] = lambda *_: None, **asked: Any,
) -> Backfilled:  # fmt: skip
    symbols = Symbols(default_symbols(COUNT), source=source)
    wanted = Asked(url, root / "spill", kernels, close_delay=SECOND // 10, **asked)
    return backfill(batches, symbols, wanted, report=report, stop=threading.Event())


TICKS = "symbol, ts_event, trade_id, price, size, side"
VALUES = "open, high, low, close, volume, vwap, trades"
BARS = f"symbol, seconds, ts_open, ts_close, origin, {VALUES}"


def read(url: str, columns: str, view: str, more: str = "") -> list[tuple[Any, ...]]:
    """Rows in the order of their columns."""
    order = ", ".join(str(number + 1) for number in range(columns.count(",") + 1))
    with psycopg.connect(url) as connection:
        return connection.execute(f"SELECT {columns} FROM {view} {more} ORDER BY {order}").fetchall()


def all_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a backfill may write, whole."""
    tables = ("ticks", "bars", "corrections", "gaps", "merged_numbers", "symbols", "positions")
    with psycopg.connect(url) as connection:
        return {name: connection.execute(f"SELECT * FROM {name} t ORDER BY t::text").fetchall() for name in tables}
