"""A simulated session as the live platform stores it, with or without holes, and as the history of it."""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from core.engine import Engine
from core.events import SECOND, TIME, TRADE, Batch, Symbols, joined, rows
from core.schema import query
from feeds.simulated import default_symbols, simulated
from services.backfill.run import backfill
from services.backfill.tally import Asked, Backfilled, Report
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
    url: str,
    root: Path,
    kernels: Path,
    batches: Iterable[Batch],
    *,
    source: str = SOURCE,
    report: Report = lambda *_: None,
    stop: threading.Event | None = None,
    **asked: Any,
) -> Backfilled:
    symbols = Symbols(default_symbols(COUNT), source=source)
    wanted = Asked(url, root / "spill", kernels, close_delay=SECOND // 10, **asked)
    return backfill(batches, symbols, wanted, report=report, stop=stop or threading.Event())


def compress(url: str) -> None:
    """As days later, where the tables are hypertables; elsewhere nothing."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute(query("timescale_installed")).fetchone() is not None:
            for table in ("ticks", "bars"):
                connection.execute("SELECT compress_chunk(chunk) FROM show_chunks(%s::regclass) chunk", [table])


TICKS = "symbol, ts_event, trade_id, price, size, side"
VALUES = "open, high, low, close, volume, vwap, trades"
BARS = f"symbol, seconds, ts_open, ts_close, origin, {VALUES}"


def read(url: str, columns: str, view: str, more: str = "") -> list[tuple[Any, ...]]:
    """Rows in the order of their columns."""
    order = ", ".join(str(number + 1) for number in range(columns.count(",") + 1))
    with psycopg.connect(url) as connection:
        return connection.execute(f"SELECT {columns} FROM {view} {more} ORDER BY {order}").fetchall()


def few(*found: tuple[float, int, float], symbol: int = 0) -> Batch:
    """Trades of a symbol: seconds behind midnight, id, price."""
    made = np.zeros(len(found), dtype=TRADE)
    made["ts_event"] = MIDNIGHT + (np.array([at for at, *_ in found]) * SECOND).astype(np.int64)
    made["ts_recv"], made["size"], made["symbol"] = made["ts_event"] + 1000, 1.0, symbol
    made["trade_id"], made["price"] = [trade_id for _, trade_id, _ in found], [price for *_, price in found]
    return made


LATER = (40.0, 900, 50.0)  # a trade of the stream that shows that it has gone on


def note_gap(url: str, start: int, end: int, *, symbol: str = "AAPL") -> None:
    """As whoever listens to the stream will note it."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO gaps (symbol_id, channel, from_ts, to_ts, reason)"
            " SELECT id, 'trades', %s, %s, 'lost' FROM symbols WHERE symbol = %s",
            [start, end, symbol],
        )


def all_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a backfill may write, whole."""
    tables = ("ticks", "bars", "corrections", "gaps", "merged_numbers", "symbols", "positions")
    with psycopg.connect(url) as connection:
        return {name: connection.execute(f"SELECT * FROM {name} t ORDER BY t::text").fetchall() for name in tables}
