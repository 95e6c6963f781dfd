"""The store over damaged journals: what can be read is in the database under its names, the rest is counted once."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg

from core.events import QUOTE, TRADE
from core.mark import DURABLE, STORED, Mark
from core.records import RECORD_HEADER, files, name_of
from core.remaining import remaining
from tests.core.damage import Record, Writer, batch_of, damage, flipped, sample
from tests.core.made import durable, ended, storing

Rows = set[tuple[object, ...]]


def test_what_is_lost_costs_no_other_row_and_no_name(database: str, tmp_path: Path) -> None:
    journal = sample(tmp_path, 60)
    ((catalogue, many),) = Counter(each.explained for each in journal.batches).most_common(1)
    costs = [each for each in journal.batches if each.explained == catalogue]
    others = [each for each in journal.batches if each not in costs]
    unread, spoiled = others[5], others[-4]
    assert many > 2
    places = catalogue[0] + 20, unread.start, spoiled.end - 1
    names = {f"{name_of(journal.folder, max(start for start, _ in files(journal.folder) if start <= at)).name}.damaged"
             for at in places}  # fmt: skip
    for at in places:
        damage(journal.folder, at, at + 1, flipped)
    assert remaining(tmp_path).total() == journal.rows
    with storing(database, tmp_path) as store:
        pass
    assert (store.waiting, store.behind, remaining(tmp_path)) == (0, 0, {})
    assert store.written.total() + store.lost.total() == journal.rows
    assert store.lost["unknown"] == unread.rows
    assert store.lost.total() == sum(each.rows for each in (unread, spoiled, *costs))
    safe = [each for each in journal.batches if each not in (unread, spoiled, *costs)]
    with psycopg.connect(database) as connection:
        trades = set(connection.execute("SELECT symbol, seq, price FROM market_trades"))
        values = set(connection.execute("SELECT symbol, indicator, ts_event, value FROM market_values"))
    assert trades == set().union(*(_trades(each) for each in safe if each.what == "trades"))
    assert values == set().union(*(_values(each) for each in safe if each.what == "values"))
    assert len(files(journal.folder)) == 1
    assert {path.name for path in journal.folder.glob("*.damaged")} == names
    with storing(database, tmp_path) as again:
        pass
    assert (again.written, again.lost) == ({}, {})


def _trades(record: Record) -> Rows:
    assert record.named is not None
    symbols, batch = record.named[0].symbols, batch_of(record.named)
    return {(symbols[row["symbol"]], int(row["seq"]), float(row["price"])) for row in batch}


def _values(record: Record) -> Rows:
    assert record.named is not None
    catalogue, batch = record.named[0], batch_of(record.named)
    return {
        (catalogue.symbols[row["symbol"]], output, int(row["ts_event"]), float(row[output]))
        for row in batch
        for each in catalogue.indicators
        for output in each.outputs
    }


def test_damage_behind_the_last_good_row_is_counted_once_whatever_becomes_of_the_connection(
    database: str, tmp_path: Path
) -> None:
    writer = Writer(tmp_path)
    writer.put(TRADE, 30)
    writer.put(QUOTE, 12)
    durable(writer.journal)
    end = writer.journal.position
    damage(writer.journal.folder, end - 9, end - 8, flipped)
    with storing(database, tmp_path) as store:
        _until(lambda: store.lost == {"quotes": 12} and store.waiting == 0)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        writer.put(TRADE, 6)
        ended(writer.journal)
    assert (store.written, store.lost, store.waiting) == ({"trades": 36}, {"quotes": 12}, 0)


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_rows_at_the_end_that_cannot_be_read_remain_until_a_next_run_tells_how_many(
    database: str, tmp_path: Path
) -> None:
    writer = Writer(tmp_path)
    writer.put(TRADE, 30)
    last = writer.journal.position
    writer.put(QUOTE, 12)
    ended(writer.journal)
    damage(writer.journal.folder, last, last + RECORD_HEADER, flipped)
    with storing(database, tmp_path) as store:
        pass
    assert (store.written, store.lost, store.waiting) == ({"trades": 30}, {}, 12)
    assert remaining(tmp_path) == {"unknown": 12}
    writer = Writer(tmp_path)
    writer.put(TRADE, 6)
    ended(writer.journal)
    with storing(database, tmp_path) as store:
        pass
    assert (store.written, store.lost, store.waiting) == ({"trades": 6}, {"unknown": 12}, 0)


def test_what_remains_can_be_counted_while_a_store_carries_and_deletes(database: str, tmp_path: Path) -> None:
    writer = Writer(tmp_path, file_bytes=1 << 12)
    done, wrong = threading.Event(), list[object]()

    def total(name: str) -> int:
        mark = Mark.read(writer.journal.folder, name)
        return mark.total if mark is not None else 0

    def count() -> None:
        while not done.is_set():
            durable_, carried = total(DURABLE), total(STORED)
            try:
                found = remaining(tmp_path)
            except OSError as error:
                wrong.append(error)
                continue
            if not durable_ - total(STORED) <= found.total() <= total(DURABLE) - carried or set(found) - {"trades"}:
                wrong.append(found)

    counting = threading.Thread(target=count)
    counting.start()
    with storing(database, tmp_path) as store:
        for _ in range(600):
            writer.put(TRADE, 30)
            time.sleep(0.001)
        ended(writer.journal)
    done.set()
    counting.join()
    assert wrong == []
    assert store.written == {"trades": 18_000}
