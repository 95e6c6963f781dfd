"""The store: every row once, whatever happens to the server."""

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
from core.ids import last_numbers
from core.mark import STORED, Mark
from core.postgres import Embedded
from core.remaining import remaining
from core.schema import newest
from core.store import Store
from core.tail import Chunk
from tests.core.made import CATALOGUE, EVERY, VALUES, begun, carried, durable, empty, ended, filled, put, storing


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # type: ignore[index]


def test_every_kind_of_row_is_there_after_a_normal_stop(database: str, tmp_path: Path) -> None:
    journal = begun(tmp_path)
    with storing(database, tmp_path) as store:
        for number in range(20):
            put(journal, *(filled(dtype, 30, seed=number, first=1 + 10 * number) for dtype in EVERY), empty(TIME, 1))
            time.sleep(0.002)
        ended(journal)
    assert journal.written == journal.put_rows == store.written
    assert not journal.dropped
    assert not store.lost
    assert (store.waiting, store.behind, remaining(tmp_path)) == (0, 0, {})
    tables = {"ticks": 600, "quotes": 600, "bars": 600, "signals": 600, "indicator_values": 3 * 600}
    assert {table: count(database, table) for table in tables} == tables
    assert journal.stored == journal.total == 3_000


def test_a_row_comes_back_as_it_went_in(database: str, tmp_path: Path) -> None:
    trades, bars, values = filled(TRADE, 50), filled(BAR, 50), filled(VALUES, 50)
    values["ema_12"][:20] = np.nan
    carried(database, tmp_path, (trades, bars, values))

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


def test_the_database_knows_the_last_number_of_every_channel(database: str, tmp_path: Path) -> None:
    beside = filled(BAR, 3, first=0)
    beside["origin"], beside["timeframe"] = VENUE, 9
    batches = (filled(TRADE, 30), filled(TRADE, 15, first=4), filled(QUOTE, 9), filled(BAR, 12), filled(SIGNAL, 6))
    carried(database, tmp_path, (*batches, beside))
    assert last_numbers(database, CATALOGUE) == {
        (channel, symbol): last
        for channel, last in (("trades", 10), ("quotes", 3), ("bars.1m", 4), ("signals.*", 2), ("signals.reversal", 2))
        for symbol in CATALOGUE.symbols
    }


def test_symbols_met_later_are_stored_under_their_names(database: str, tmp_path: Path) -> None:
    journal = begun(tmp_path, replace(CATALOGUE, symbols=("AAPL",)))
    put(journal, filled(TRADE, 5, symbols=1))
    journal.extend(replace(CATALOGUE, symbols=("AAPL", "TSLA", "NVDA")))
    put(journal, filled(TRADE, 9, symbols=3, first=6))
    ended(journal)
    with storing(database, tmp_path):
        pass
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT symbol, count(*) FROM market_trades GROUP BY 1 ORDER BY 1").fetchall()
    assert found == [("AAPL", 8), ("NVDA", 3), ("TSLA", 3)]


def test_what_was_carried_is_deleted_and_the_next_store_goes_on_behind_it(database: str, tmp_path: Path) -> None:
    journal = begun(tmp_path, file_bytes=1 << 16)
    for number in range(100):
        put(journal, filled(TRADE, 60, first=1 + 20 * number))
        if number == 50:
            with storing(database, tmp_path):
                time.sleep(0.05)
    durable(journal)
    before = len(list(tmp_path.glob("test/*.journal")))
    ended(journal)
    with storing(database, tmp_path) as store:
        pass
    assert before > len(list(tmp_path.glob("test/*.journal"))) == 1
    assert 0 < sum(store.written.values()) < 6_000
    assert count(database, "ticks") == 6_000
    with storing(database, tmp_path) as again:
        pass
    assert again.written == {}


def test_what_is_only_in_the_journal_can_be_counted_without_a_database(database: str, tmp_path: Path) -> None:
    carried(database, tmp_path, [filled(TRADE, 30)])
    journal = begun(tmp_path)
    put(journal, filled(TRADE, 12, first=11), filled(QUOTE, 5))
    ended(journal)
    assert remaining(tmp_path) == {"trades": 12, "quotes": 5}


def test_two_stores_on_one_journal_carry_each_row_once(database: str, tmp_path: Path) -> None:
    journal = begun(tmp_path, file_bytes=1 << 18)
    with storing(database, tmp_path) as one, storing(database, tmp_path) as two:
        for number in range(200):
            put(journal, filled(TRADE, 300, first=1 + 100 * number))
            time.sleep(0.002)
        ended(journal)
    assert one.written + two.written == {"trades": 60_000}
    assert count(database, "ticks") == 60_000


def test_a_killed_connection_loses_nothing_and_doubles_nothing(database: str, tmp_path: Path) -> None:
    journal, stop = begun(tmp_path), threading.Event()

    def kill() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            while not stop.wait(0.02):
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    killer = threading.Thread(target=kill)
    with storing(database, tmp_path):
        killer.start()
        for number in range(150):
            put(journal, filled(TRADE, 300, first=1 + 100 * number))
            time.sleep(0.01)
        stop.set()
        killer.join()
        ended(journal)
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT symbol, count(*), count(DISTINCT seq), max(seq) FROM market_trades GROUP BY 1"
        ).fetchall()
    assert sorted(found) == sorted((symbol, 15_000, 15_000, 15_000) for symbol in CATALOGUE.symbols)


class _Unheard(Store):
    """Loses the answers to its first three COMMITs."""

    unheard = 0

    def _write(self, each: object, chunk: Chunk, connection: psycopg.Connection) -> None:
        super()._write(each, chunk, connection)  # type: ignore[arg-type]
        if self.unheard < 3:
            self.unheard += 1
            raise psycopg.OperationalError("the connection was lost right after COMMIT")


def test_a_lost_answer_to_commit_does_not_write_the_rows_twice(database: str, tmp_path: Path) -> None:
    journal = begun(tmp_path)
    with storing(database, tmp_path, store=_Unheard) as store:
        for number in range(6):
            put(journal, filled(TRADE, 30, first=1 + 10 * number))
            time.sleep(0.15)  # longer than the pause before it tries again: each is a flush of its own
        ended(journal)
    assert isinstance(store, _Unheard)
    assert store.unheard == 3
    assert count(database, "ticks") == 180


def test_the_server_killed_with_sigkill_comes_back_and_nothing_is_missing(tmp_path: Path) -> None:
    folder = Path("/tmp") / f"candela-kill-{os.getpid()}"  # where the database's own user can enter
    folder.mkdir()
    folder.chmod(0o755)
    embedded = Embedded(folder)
    url = embedded.start()
    try:
        journal = begun(tmp_path)
        with storing(url, tmp_path) as store:
            for number in range(100):
                put(journal, filled(TRADE, 300, first=1 + 100 * number))
                if number == 40:
                    os.kill(int((folder / "postgres/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
                    time.sleep(0.3)
                    embedded.start()
                time.sleep(0.002)
            ended(journal)
        assert store.waiting == 0
        assert count(url, "ticks") == 30_000
    finally:
        embedded.stop()


def test_without_a_server_it_says_so_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreDown, match=r"cannot reach the database.*CANDELA__STORE__URL"):
        Store("postgresql://localhost:1/none", tmp_path).open()


def test_rows_the_server_refuses_are_passed_over_alone_and_counted(database: str, tmp_path: Path) -> None:
    carried(database, tmp_path, ())
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE ticks ADD CHECK (price < 1000)")
    bad = filled(TRADE, 6)
    bad["price"] = 2000.0
    good = [filled(TRADE, 30, first=1 + 10 * number) for number in range(7)]
    store = carried(database, tmp_path, (*good[:3], bad, *good[3:]))
    assert store.lost == {"trades": 6}
    assert store.written == {"trades": 210}
    assert count(database, "ticks") == 210


def test_two_processes_that_start_at_once_migrate_once(database: str, tmp_path: Path) -> None:
    threads = [threading.Thread(target=Store(database, tmp_path).open) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database, "schema_version") == newest()


def test_how_far_it_is_stored_can_be_read_beside_the_journal(database: str, tmp_path: Path) -> None:
    carried(database, tmp_path, [filled(TRADE, 30)])
    stored, durable = Mark.read(tmp_path / "test", STORED), Mark.read(tmp_path / "test")
    assert stored is not None
    assert durable is not None
    assert (stored.position, stored.total) == (durable.position, 30)
    assert durable.source == "test"
