"""Rollups: people read what a loop in Python makes of the minutes, kept by TimescaleDB or made when asked."""

import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from core.events import BAR, ENGINE, ORIGINS, QUALITIES, SECOND, TIMEFRAMES, VENUE, Batch, joined
from core.schema import migrate, query
from tests.core.made import CATALOGUE, carried, empty

Row = dict[str, Any]  # Any: a column may be a number, a text or a moment
Key = tuple[str, str, int]  # symbol, origin, close
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND
SIZES = {"5m": 5 * MINUTE, "1h": HOUR, "1d": DAY}
WORST = ("complete", "corrected", "backfilled", "gap", "partial", "synthetic")
TODAY = time.time_ns() // DAY * DAY
COLUMNS = (
    *("time", "symbol_id", "source", "symbol", "ts_open", "ts_close", "open", "high", "low", "close"),
    *("volume", "vwap", "trades", "quality", "origin", "origin_number"),
)


class Rollups:
    """An empty database whose buckets only the test keeps: `refresh` is what TimescaleDB does each minute."""

    def __init__(self, url: str, root: Path) -> None:
        self.url, self._root = url, root
        self.connection = psycopg.connect(url, autocommit=True)
        migrate(self.connection)
        self.kept = self.connection.execute(query("timescale_installed")).fetchone() is not None
        if self.kept:
            self.connection.execute(
                "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs"
                " WHERE proc_name = 'refresh_rollups'"
            )
        self.connection.execute("SET TIME ZONE 'America/New_York'")  # a day is one of UTC wherever it is read

    def store(self, *batches: Batch) -> None:
        assert not carried(self.url, self._root, batches).lost

    def refresh(self) -> None:
        if self.kept:
            ask = "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'refresh_rollups'"
            (job,) = self.connection.execute(ask).fetchone() or ()
            self.connection.execute(f"CALL run_job({job})")

    def read(self, size: str, where: str = "true") -> dict[Key, Row]:
        cursor = self.connection.execute(f"SELECT * FROM market_bars_{size} WHERE {where}")
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
        found = {(row["symbol"], row["origin"], row["ts_close"]): row for row in rows}
        assert len(found) == len(rows)
        return found


@pytest.fixture
def rollups(database: str, tmp_path: Path) -> Iterator[Rollups]:
    made = Rollups(database, tmp_path)
    yield made
    made.connection.close()


def minutes(first: int, last: int, *, origin: int = ENGINE, share: float = 0.7, seed: int = 0) -> Batch:
    """Random minutes of every symbol that close from `first` to `last`, `share` of them, in no order."""
    random = np.random.default_rng(seed)
    closes = np.repeat(np.arange(first, last + 1, MINUTE), len(CATALOGUE.symbols))
    batch = empty(BAR, len(closes))
    batch["symbol"] = np.arange(len(closes)) % len(CATALOGUE.symbols)
    batch["ts_event"] = batch["ts_recv"] = batch["ts_close"] = closes
    batch["ts_open"] = closes - MINUTE
    for name in ("open", "high", "low", "close", "vwap"):
        batch[name] = random.uniform(1, 100, len(closes))
    batch["volume"] = random.integers(0, 3, len(closes))  # nothing traded in a third of them
    batch["trades"] = random.integers(1, 1000, len(closes))
    batch["quality"] = random.choice(len(QUALITIES), len(closes), p=[0.95, 0.01, 0.01, 0.01, 0.01, 0.01])
    batch["timeframe"], batch["origin"] = list(TIMEFRAMES).index("1m"), origin
    return batch.take(random.permutation(len(closes))[: round(share * len(closes))])


def oracle(batch: Batch, size: int) -> dict[Key, Row]:
    buckets = defaultdict(list)
    for bar in sorted(batch, key=lambda bar: int(bar["ts_close"])):
        close = -(-int(bar["ts_close"]) // size) * size
        buckets[CATALOGUE.symbols[bar["symbol"]], ORIGINS[bar["origin"]], close].append(bar)
    return {key: _bucket(key, bars, size) for key, bars in buckets.items()}


def _bucket(key: Key, bars: list[np.void], size: int) -> Row:
    symbol, origin, close = key
    volume = sum(float(bar["volume"]) for bar in bars)
    notional = sum(float(bar["volume"]) * float(bar["vwap"]) for bar in bars)
    return {
        "time": datetime.fromtimestamp(close // SECOND, UTC),
        "symbol_id": CATALOGUE.symbols.index(symbol) + 1,
        "source": CATALOGUE.source,
        "symbol": symbol,
        "ts_open": close - size,
        "ts_close": close,
        "open": bars[0]["open"],
        "high": max(bar["high"] for bar in bars),
        "low": min(bar["low"] for bar in bars),
        "close": bars[-1]["close"],
        "volume": volume,
        "vwap": pytest.approx(notional / volume if volume else bars[-1]["close"], rel=1e-12),
        "trades": sum(int(bar["trades"]) for bar in bars),
        "quality": max((QUALITIES[bar["quality"]] for bar in bars), key=WORST.index),
        "origin": origin,
        "origin_number": ORIGINS.index(origin),
    }


def test_buckets_are_what_a_loop_makes_of_the_minutes(rollups: Rollups) -> None:
    ours, theirs = minutes(TODAY - 3 * DAY, TODAY - DAY, seed=1), minutes(TODAY - 2 * DAY, TODAY, origin=VENUE, seed=2)
    others = minutes(TODAY - 2 * DAY, TODAY - DAY, seed=3)
    others["timeframe"] = list(TIMEFRAMES).index("5m")  # stored bars of other timeframes are not counted in
    rollups.store(ours, others, theirs)
    for _ in range(2):
        for name, size in SIZES.items():
            assert rollups.read(name) == oracle(joined([ours, theirs]), size)
        rollups.refresh()


def test_a_minute_belongs_to_the_bucket_it_closes_in(rollups: Rollups) -> None:
    midnight = TODAY - DAY
    every = minutes(midnight - MINUTE, midnight + 6 * MINUTE, share=1)
    rollups.store(every)
    rollups.refresh()
    trades = {int(bar["ts_close"]) - midnight: int(bar["trades"]) for bar in every[every["symbol"] == 0]}
    before = trades.pop(-MINUTE) + trades.pop(0)
    for name, after in (
        ("5m", {5 * MINUTE: sum(trades.values()) - trades[6 * MINUTE], 10 * MINUTE: trades[6 * MINUTE]}),
        ("1h", {HOUR: sum(trades.values())}),
        ("1d", {DAY: sum(trades.values())}),
    ):
        found = rollups.read(name, f"symbol = '{CATALOGUE.symbols[0]}'")
        assert {close - midnight: row["trades"] for (_, _, close), row in found.items()} == {0: before} | after


def test_late_minutes_are_in_the_answer_after_a_refresh_however_late(rollups: Rollups) -> None:
    every = minutes(TODAY - 200 * DAY, TODAY - 199 * DAY, share=1, seed=4)
    half = np.random.default_rng(5).random(len(every)) < 0.5
    rollups.store(every[half])
    rollups.refresh()
    if rollups.kept:
        rollups.connection.execute("SELECT compress_chunk(chunk) FROM show_chunks('bars_5m') chunk")
    rollups.store(every[~half])
    for name, size in SIZES.items():
        before = oracle(every[half] if rollups.kept else every, size)
        assert rollups.read(name) == before  # of what is kept: it is read, and not made again
    rollups.refresh()
    for name, size in SIZES.items():
        assert rollups.read(name) == oracle(every, size)


def test_the_newest_minutes_are_there_without_a_refresh(rollups: Rollups) -> None:
    now = time.time_ns() // MINUTE * MINUTE
    before, after = minutes(now - 2 * DAY, now - 2 * MINUTE, seed=6), minutes(now - MINUTE, now, share=1, seed=7)
    rollups.store(before)
    rollups.refresh()
    rollups.store(after)
    for name, size in SIZES.items():
        assert rollups.read(name) == oracle(joined([before, after]), size)


def test_what_was_archived_stays_in_what_is_kept(rollups: Rollups) -> None:
    old, new = (
        minutes(TODAY - 3 * DAY + MINUTE, TODAY - 2 * DAY),
        minutes(TODAY - 2 * DAY + MINUTE, TODAY - DAY, seed=8),
    )
    rollups.store(old, new)
    rollups.refresh()
    late = minutes(TODAY - 2 * DAY + MINUTE, TODAY - DAY, origin=VENUE, seed=9)
    archive = "INSERT INTO archived (kind, path, rows, bytes, first_event, last_event) VALUES ('bars', %s, 1, 1, 1, %s)"
    with rollups.connection.transaction():
        rollups.connection.execute("DELETE FROM bars WHERE ts_event <= %s", [TODAY - 2 * DAY])
        rollups.connection.execute(archive, ["a", TODAY - 2 * DAY])
    rollups.store(late)
    rollups.refresh()
    there = [old, new, late] if rollups.kept else [new, late]
    for name, size in SIZES.items():
        assert rollups.read(name) == oracle(joined(there), size)
    rollups.connection.execute(archive, ["b", time.time_ns()])
    rollups.refresh()  # nothing is left to look at, which is no error


def test_the_views_have_the_same_columns_on_both_servers(rollups: Rollups) -> None:
    for size in SIZES:
        cursor = rollups.connection.execute(f"SELECT * FROM market_bars_{size}")
        types = ["timestamptz", "int4", "text", "text", "int8", "int8", *["float8"] * 6, "int8", "text", "text", "int2"]
        described = cursor.description or ()
        assert [(column.name, psycopg.adapters.types[column.type_code].name) for column in described] == [
            *zip(COLUMNS, types, strict=True)
        ]


def test_one_symbols_span_of_time_is_found_by_an_index_on_both(rollups: Rollups) -> None:
    rollups.store(minutes(TODAY - 3 * DAY, TODAY - DAY, share=1))
    rollups.refresh()
    rollups.connection.execute("ANALYZE")
    rollups.connection.execute("SET enable_seqscan = off")  # these few would be read whole
    index = "materialized_hypertable_" if rollups.kept else "bars_symbol_1h"
    for whose in ("symbol_id = 2", "symbol = 'MSFT'"):
        ask = f"EXPLAIN SELECT * FROM market_bars_1h WHERE {whose} AND time > now() - interval '1 day'"
        lines = [line for (line,) in rollups.connection.execute(ask)]
        below = [after for line, after in pairwise(lines) if "Index Scan" in line and index in line]
        assert any("symbol_id = " in line and "now() - '1 day'" in line for line in below), lines
