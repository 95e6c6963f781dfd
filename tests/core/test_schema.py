"""Migrations: from every earlier version to the newest, with rows in the tables, and all the same shape in the end."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from core.schema import apply, has_timescale, migrate, newest, steps
from tests.chaos.rows import SYMBOLS, trades
from tests.core.made import CATALOGUE, EVERY, carried, filled


def at_version(connection: psycopg.Connection, version: int) -> None:
    """What the release of that version left behind."""
    connection.execute("CREATE TABLE schema_version (version integer PRIMARY KEY, name text NOT NULL)")
    for name in steps():
        if int(name[:4]) <= version:
            apply(connection.cursor(), name)
    connection.execute("INSERT INTO symbols (source, symbol) VALUES ('old', 'AAPL')")
    connection.execute("INSERT INTO ticks VALUES (now(), 1, 2, 3, 4, 5.5, 6.5, 1, -1)")
    connection.execute("INSERT INTO positions VALUES ('trades', 1, 3)")


def shape(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """Columns of tables and views, indexes, and where the tables are hypertables what is done to their chunks."""
    found = connection.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY 1, 2"
    ).fetchall()
    found += connection.execute(
        "SELECT tablename, indexname, indexdef, '' FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
    ).fetchall()
    if connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone():
        found += connection.execute(
            "SELECT hypertable_name, proc_name, config ->> 'compress_after', '' FROM timescaledb_information.jobs"
            " WHERE hypertable_name IS NOT NULL OR proc_schema = 'public' ORDER BY 1, 2"
        ).fetchall()
    return found


@pytest.mark.parametrize("version", range(1, newest() + 1))
def test_every_earlier_version_becomes_the_newest_with_its_rows(
    database: str, empty_database: str, tmp_path: Path, version: int
) -> None:
    with psycopg.connect(empty_database, autocommit=True) as old, psycopg.connect(database, autocommit=True) as new:
        at_version(old, version)
        assert migrate(old) == migrate(new) == newest() == migrate(old)
        assert shape(old) == shape(new)
        assert {"market_bars_5m", "market_bars_1h", "market_bars_1d"} <= {name for name, *_ in shape(new)}
        row = old.execute(
            "SELECT symbol, ts_event, ts_recv, seq, trade_id, price, size, side FROM market_trades"
        ).fetchone()
        assert row == ("AAPL", 1, 2, 3, 4, 5.5, 6.5, -1)
        assert old.execute("SELECT channel, seq FROM positions").fetchall() == [("trades", 3)]
    store = carried(empty_database, tmp_path, [filled(dtype, 30) for dtype in EVERY])
    assert not store.lost
    assert sum(store.written.values()) == 150


def test_steps_are_numbered_without_a_gap() -> None:
    assert sorted({int(name[:4]) for name in steps()}) == list(range(1, newest() + 1))


def test_where_timescaledb_is_offered_old_chunks_shrink_to_twenty_bytes_a_tick(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        migrate(connection)
        with connection.cursor() as cursor:
            if not has_timescale(cursor):
                pytest.skip("this server does not offer TimescaleDB")
        catalogue = replace(CATALOGUE, symbols=SYMBOLS)
        carried(database, tmp_path, [trades(1 + 2_500 * part, 2_500) for part in range(10)], catalogue)
        every = "string_agg(concat_ws(' ', time, ts_event, ts_recv, price, size, side), ',' ORDER BY trade_id)"
        ask = f"SELECT symbol, count(*), md5({every}) FROM market_trades GROUP BY 1 ORDER BY 1"
        before = connection.execute(ask).fetchall()
        connection.execute("SELECT compress_chunk(chunk) FROM show_chunks('ticks') chunk")
        size = connection.execute("SELECT after_compression_total_bytes FROM hypertable_compression_stats('ticks')")
        assert float(size.fetchone()[0]) / (25_000 * len(SYMBOLS)) <= 20  # type: ignore[index]
        assert connection.execute(ask).fetchall() == before
        with connection.cursor() as cursor:  # a database that had the policies before they were a step
            apply(cursor, "0004_compression.timescale.sql")
