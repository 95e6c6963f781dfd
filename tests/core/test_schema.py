"""Migrations: from every earlier version to the newest, with rows in the tables, and all the same shape in the end."""

from pathlib import Path

import psycopg
import pytest

from core.schema import migrate
from tests.core.made import EVERY, carried, filled

SQL = Path(__file__).parents[2] / "core/sql"
STEPS = sorted(path.name for path in SQL.iterdir() if path.name[:4].isdigit())


def at_version(connection: psycopg.Connection, version: int) -> None:
    """What the release of that version left behind."""
    connection.execute("CREATE TABLE schema_version (version integer PRIMARY KEY, name text NOT NULL)")
    for name in STEPS[:version]:
        connection.execute((SQL / name).read_text())
        connection.execute("INSERT INTO schema_version VALUES (%s, %s)", [int(name[:4]), name])
    connection.execute("INSERT INTO symbols (source, symbol) VALUES ('old', 'AAPL')")
    connection.execute("INSERT INTO ticks VALUES (now(), 1, 2, 3, 4, 5.5, 6.5, 1, -1)")
    connection.execute("INSERT INTO positions VALUES ('trades', 1, 3)")


def shape(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY 1, 2"
    ).fetchall()


@pytest.mark.parametrize("version", range(1, len(STEPS) + 1))
def test_every_earlier_version_becomes_the_newest_with_its_rows(
    database: str, empty_database: str, tmp_path: Path, version: int
) -> None:
    with psycopg.connect(empty_database, autocommit=True) as old, psycopg.connect(database, autocommit=True) as new:
        at_version(old, version)
        assert migrate(old) == migrate(new) == len(STEPS) == migrate(old)
        assert shape(old) == shape(new)
        row = old.execute(
            "SELECT symbol, ts_event, ts_recv, seq, trade_id, price, size, side FROM market_trades"
        ).fetchone()
        assert row == ("AAPL", 1, 2, 3, 4, 5.5, 6.5, -1)
        assert old.execute("SELECT channel, seq FROM positions").fetchall() == [("trades", 3)]
    store = carried(empty_database, tmp_path, [filled(dtype, 30) for dtype in EVERY])
    assert not store.lost
    assert sum(store.written.values()) == 150


def test_steps_are_numbered_without_a_gap() -> None:
    assert [int(name[:4]) for name in STEPS] == list(range(1, len(STEPS) + 1))
