"""The store: every row once, whatever happens to the server."""

import asyncio
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest

from core.errors import StoreDown
from core.events import BAR, QUALITIES, QUOTE, SIGNAL, TIME, TRADE, VENUE
from core.store import Store
from tests.core.made import CATALOGUE, EVERY, VALUES, empty, filled


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # type: ignore[index]


async def finish(store: Store) -> None:
    store.close()
    await store.drain()


async def test_every_kind_of_row_is_there_after_a_normal_stop(database: str) -> None:
    store = Store(database, CATALOGUE, flush_ms=5)
    assert await store.open() == {}
    for number in range(20):
        for dtype in EVERY:
            store.put(filled(dtype, 30, seed=number, first=1 + 10 * number))
        store.put(empty(TIME, 1))
        await asyncio.sleep(0.002)
    await finish(store)
    assert store.put_rows == store.written
    assert not store.dropped
    assert not store.lost
    tables = {"ticks": 600, "quotes": 600, "bars": 600, "signals": 600, "indicator_values": 3 * 600}
    assert {table: count(database, table) for table in tables} == tables


async def test_a_row_comes_back_as_it_went_in(database: str) -> None:
    store = Store(database, CATALOGUE)
    await store.open()
    trades, bars, values = filled(TRADE, 50), filled(BAR, 50), filled(VALUES, 50)
    values["ema_12"][:20] = np.nan
    for batch in (trades, bars, values):
        store.put(batch)
    await finish(store)

    def read(columns: str, view: str) -> list[tuple[object, ...]]:
        with psycopg.connect(database) as connection:
            return connection.execute(f"SELECT {columns} FROM {view} ORDER BY ts_event, 1").fetchall()

    exact = ["ts_event", "ts_recv", "seq", "trade_id", "price", "size", "side"]
    found = read(", ".join([*exact, "symbol", "extract(epoch FROM time) * 1000000"]), "market_trades")
    for row, trade in zip(found, trades, strict=True):
        microseconds = int(trade["ts_event"]) // 1000
        assert row == (*(trade[name].item() for name in exact), CATALOGUE.symbols[trade["symbol"]], microseconds)
    exact = ["open", "high", "low", "close", "volume", "vwap", "trades", "ts_open", "ts_close", "seq"]
    found = read(", ".join([*exact, "quality", "timeframe", "origin"]), "market_bars")
    for row, bar in zip(found, bars, strict=True):
        assert row == (*(bar[name].item() for name in exact), QUALITIES[bar["quality"]], "1m", "engine")
    found = read("value", "market_values WHERE indicator = 'ema_12'")
    assert [row[0] for row in found] == values["ema_12"][20:].tolist()


async def test_the_next_run_is_told_the_last_number_of_every_channel(database: str) -> None:
    first = Store(database, CATALOGUE)
    await first.open()
    beside = filled(BAR, 3, first=0)
    beside["origin"], beside["timeframe"] = VENUE, 9
    for batch in (
        filled(TRADE, 30),
        filled(TRADE, 15, first=4),
        filled(QUOTE, 9),
        filled(BAR, 12),
        filled(SIGNAL, 6),
        beside,
    ):
        first.put(batch)
    await finish(first)
    second = Store(database, CATALOGUE)
    positions = await second.open()
    await finish(second)
    assert positions == {
        (channel, symbol): last
        for channel, last in (("trades", 10), ("quotes", 3), ("bars.1m", 4), ("signals.*", 2), ("signals.reversal", 2))
        for symbol in CATALOGUE.symbols
    }


async def test_symbols_met_later_are_stored_under_their_names(database: str) -> None:
    store = Store(database, replace(CATALOGUE, symbols=("AAPL",)), flush_ms=1)
    await store.open()
    store.put(filled(TRADE, 5, symbols=1))
    await asyncio.sleep(0.05)
    store.extend(replace(CATALOGUE, symbols=("AAPL", "TSLA", "NVDA")))
    store.put(filled(TRADE, 9, symbols=3, first=6))
    await finish(store)
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT symbol, count(*) FROM market_trades GROUP BY 1 ORDER BY 1").fetchall()
    assert found == [("AAPL", 8), ("NVDA", 3), ("TSLA", 3)]


async def test_a_killed_connection_loses_nothing_and_doubles_nothing(database: str) -> None:
    store = Store(database, CATALOGUE, flush_ms=1)
    await store.open()
    stop = threading.Event()

    def kill() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            while not stop.wait(0.02):
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    killer = threading.Thread(target=kill)
    killer.start()
    for number in range(150):
        store.put(filled(TRADE, 300, first=1 + 100 * number))
        await asyncio.sleep(0.01)
    stop.set()
    killer.join()
    await finish(store)
    assert store.written == {"trades": 45_000}
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT symbol, count(*), count(DISTINCT seq), max(seq) FROM market_trades GROUP BY 1"
        ).fetchall()
    assert sorted(found) == sorted((symbol, 15_000, 15_000, 15_000) for symbol in CATALOGUE.symbols)


async def test_a_lost_answer_to_commit_does_not_write_the_rows_twice(database: str) -> None:
    store = Store(database, CATALOGUE, flush_ms=1)
    await store.open()
    write = store._write
    failed: list[int] = []

    def write_then_lose_the_answer(batches: list[object]) -> None:
        write(batches)  # type: ignore[arg-type]
        if len(failed) < 3:
            failed.append(1)
            raise psycopg.OperationalError("the connection was lost right after COMMIT")

    store._write = write_then_lose_the_answer  # type: ignore[method-assign, assignment]
    for number in range(6):
        store.put(filled(TRADE, 30, first=1 + 10 * number))
        await asyncio.sleep(0.15)  # longer than the pause before it tries again: each is a flush of its own
    await finish(store)
    assert len(failed) == 3
    assert store.written == {"trades": 180}
    assert count(database, "ticks") == 180


async def test_the_server_killed_with_sigkill_comes_back_and_nothing_is_missing(tmp_path: Path) -> None:
    from core.postgres import Embedded  # noqa: PLC0415 only this test runs a server of its own

    tmp_path = Path("/tmp") / f"candela-kill-{os.getpid()}"  # where the database's own user can enter
    tmp_path.mkdir()
    tmp_path.chmod(0o755)
    embedded = Embedded(tmp_path)
    url = embedded.start()
    try:
        store = Store(url, CATALOGUE, flush_ms=2)
        await store.open()
        for number in range(100):
            store.put(filled(TRADE, 300, first=1 + 100 * number))
            if number == 40:
                os.kill(int((tmp_path / "postgres/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
                await asyncio.sleep(0.3)
                await asyncio.to_thread(restart, embedded)
            await asyncio.sleep(0.002)
        await finish(store)
        assert store.written == {"trades": 30_000}
        assert count(url, "ticks") == 30_000
    finally:
        embedded.stop()


def restart(embedded: object) -> None:
    """As the next start of Candela would: again until the killed server's children are gone."""
    for _ in range(20):
        try:
            embedded.start()  # type: ignore[attr-defined]
        except Exception:  # noqa: BLE001 whatever it says while the old children still hold the memory
            time.sleep(0.5)
        else:
            return
    pytest.fail("the server did not come back")


async def test_without_a_server_it_says_so_in_a_sentence() -> None:
    with pytest.raises(StoreDown, match=r"cannot reach the database.*CANDELA__STORE__URL"):
        await Store("postgresql://localhost:1/none", CATALOGUE).open()


async def test_a_full_box_drops_and_counts(database: str) -> None:
    store = Store(database, CATALOGUE, flush_ms=200, capacity=100)
    await store.open()
    for _ in range(10):
        store.put(filled(TRADE, 30))
    await finish(store)
    assert store.put_rows["trades"] == 300
    assert store.dropped["trades"] == 210
    assert store.written["trades"] == count(database, "ticks") == 90


async def test_rows_the_server_refuses_are_counted_as_lost_and_the_next_are_written(database: str) -> None:
    store = Store(database, CATALOGUE, flush_ms=1)
    await store.open()
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE ticks ADD CHECK (price < 1000)")
    bad = filled(TRADE, 6)
    bad["price"] = 2000.0
    store.put(bad)
    await asyncio.sleep(0.1)
    store.put(filled(TRADE, 30))
    await finish(store)
    assert store.lost == {"trades": 6}
    assert store.written == {"trades": 30}


async def test_two_processes_that_start_at_once_migrate_once(database: str) -> None:
    stores = [Store(database, CATALOGUE) for _ in range(4)]
    await asyncio.gather(*(store.open() for store in stores))
    for store in stores:
        await finish(store)
    assert count(database, "schema_version") == 1
