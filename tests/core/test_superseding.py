"""Revised rows in the database: in the end it holds what it would if nothing had happened, and how it was before."""

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from core.engine import Engine
from core.events import SECOND, Batch, Symbols, kind
from indicators import ema, rsi
from strategies import crossover
from tests.core.made import begun, durable, ended, put, storing
from tests.core.troubled import MS, START, Cut, changes, late, one_by_one, played, session, standing, twice

NODES = (ema(3), rsi(5), crossover(3, 8))
READS = {
    "bars": "SELECT symbol, timeframe, ts_close, open, high, low, close, volume, vwap, trades FROM market_bars",
    "values": "SELECT symbol, timeframe, ts_event, indicator, value FROM market_values",
    "signals": "SELECT symbol, timeframe, ts_event, strategy, side, strength, price FROM market_signals",
    "trades": "SELECT symbol, ts_event, trade_id, price, size FROM market_trades",
}


def made(kernels: Path, source: str, arrivals: list[tuple[int, Batch]]) -> tuple[Engine, list[Batch]]:
    engine = Engine(Symbols(("A", "B", "C"), source=source), ("1s", "5s", "1m"), NODES, kernels, lookback=60 * SECOND)
    out: list[Batch] = []
    played(engine, arrivals, out)
    return engine, out


def stored(database: str, folder: Path, engine: Engine, out: list[Batch], pieces: int) -> dict[str, list[Any]]:
    """What the database has of it, carried over in so many pieces or more."""
    journal = begun(folder, engine.catalogue)
    with storing(database, folder):
        for part in range(pieces):
            put(journal, *out[part * len(out) // pieces : (part + 1) * len(out) // pieces])
            durable(journal)
        ended(journal)
    with psycopg.connect(database) as connection:
        source = engine.symbols.source
        return {
            what: sorted(connection.execute(f"{read} WHERE source = %s", [source]).fetchall())
            for what, read in READS.items()
        }


def troubled(trades: Batch, seed: int) -> list[tuple[int, Batch]]:
    random = np.random.default_rng(seed)
    arrivals = twice(late(one_by_one(trades), random, 0.03, 8 * SECOND), random, 0.03, 4 * SECOND)
    return Cut(arrivals, START + 30 * SECOND, START + 43 * SECOND + 200 * MS, trades, 2_500 * MS).arrivals


@pytest.mark.parametrize("pieces", [1, 40])
def test_the_database_ends_as_if_nothing_had_happened(
    database: str, tmp_path: Path, kernels: Path, pieces: int
) -> None:
    trades = session(5)
    whole = stored(database, tmp_path / "a", *made(kernels, "undisturbed", one_by_one(trades)), 1)
    engine, out = made(kernels, "troubled", troubled(trades, 5))
    found = stored(database, tmp_path / "b", engine, out, pieces)
    assert {what: len(rows) for what, rows in whole.items()} == {what: len(rows) for what, rows in found.items()}
    assert found == whole
    assert len(whole["trades"]) == len(trades)
    with psycopg.connect(database) as connection:
        before = connection.execute("SELECT count(*) FROM market_corrections WHERE reason = 'revision'").fetchone()
        signals = connection.execute("SELECT count(*) FROM market_corrected_signals").fetchone()
        gaps = connection.execute("SELECT symbol, from_ts, to_ts, reason, backfill, rows > 10 FROM market_gaps")
        bars = connection.execute("SELECT quality FROM market_bars WHERE source = 'troubled'").fetchall()
        span = (START + 30 * SECOND - 100 * MS, START + 43 * SECOND + 300 * MS)
        assert sorted(gaps) == [(name, *span, "disconnected", "done", True) for name in "ABC"]
    told = sum(len(batch) for batch in out if kind(batch) == "revised_bars")
    assert before is not None
    assert signals is not None
    assert 0 < before[0] <= told
    assert signals[0] > 0
    assert {quality for (quality,) in bars} == {"complete", "partial", "corrected", "backfilled"}


@pytest.mark.parametrize("pieces", [1, 40])
def test_what_a_venue_takes_back_or_corrects_is_as_it_says_and_how_it_was_is_kept(
    database: str, tmp_path: Path, kernels: Path, pieces: int
) -> None:
    trades, random = session(6), np.random.default_rng(6)
    made_later = changes(trades, random, 0.05, 8 * SECOND)
    arrivals = sorted([*late(one_by_one(trades), random, 0.03, 4 * SECOND), *made_later], key=lambda each: each[0])
    source = f"amended {pieces}"
    whole = stored(
        database, tmp_path / "a", *made(kernels, f"{source} before", one_by_one(standing(trades, made_later))), 1
    )
    found = stored(database, tmp_path / "b", *made(kernels, source, arrivals), pieces)
    assert found == whole
    with psycopg.connect(database) as connection:
        count = "SELECT what, count(*) FROM market_amendments WHERE source = %s GROUP BY 1 ORDER BY 1"
        said: dict[str, int] = dict(connection.execute(count, [source]).fetchall())
        before = "SELECT symbol, trade_id, price, size FROM market_amended_trades WHERE source = %s"
        kept = set(connection.execute(before, [source]).fetchall())
    assert sum(said.values()) == len(made_later) > 30
    assert said["taken back"] == sum(np.isnan(change["price"][0]) for _, change in made_later)
    every = [change[0][["trade_id", "old_price", "old_size", "symbol"]].item() for _, change in made_later]
    then = {("ABC"[symbol], number, price, size) for number, price, size, symbol in every}
    assert kept <= then
    assert pieces == 1 or len(kept) > len(then) / 2  # in one flush only the last of several is carried over
