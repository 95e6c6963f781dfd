"""The reader: sees what people read and changes no row, whatever it sets for itself; nobody else comes in over TCP."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier
from pydantic import SecretStr

from core.config import load
from core.errors import BadInput, ConfigError
from core.postgres import Embedded
from core.reader import Reader, reader_of
from tests.core.made import CATALOGUE, EVERY, carried, filled

VIEWS = {"market_trades", "market_quotes", "market_bars", "market_values", "market_signals"}
PASSWORD = "it's 100 % s3cret"


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A server that lets a reader in, with rows of every kind and two later views."""
    folder = Path(tempfile.mkdtemp(prefix="candela-test-"))  # not under pytest's own folder, which root keeps closed
    folder.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        reader = Reader("127.0.0.1", free.getsockname()[1], SecretStr(PASSWORD))
    server = Embedded(folder, reader)
    url = server.start()
    try:
        carried(url, tmp_path_factory.mktemp("journal"), [filled(dtype, 30) for dtype in EVERY])
        with psycopg.connect(url) as connection:
            connection.execute("CREATE VIEW market_later AS SELECT 1 AS number")
            connection.execute("CREATE VIEW marketing AS SELECT 1 AS number")
        assert Embedded(folder, reader).start() == url  # as the next start does
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def reading(listening: Embedded) -> Iterator[psycopg.Connection]:
    assert listening.reader is not None
    with psycopg.connect(listening.reader.url, password=PASSWORD, autocommit=True) as connection:
        yield connection


def test_it_reads_every_view_and_the_symbols(reading: psycopg.Connection) -> None:
    found = {
        name: reading.execute(SQL("SELECT count(*) FROM {}").format(Identifier(name))).fetchone()
        for name in (*VIEWS, "market_later", "symbols")
    }
    values = 30 * sum(len(each.outputs) for each in CATALOGUE.indicators)
    rows = {**dict.fromkeys(VIEWS, 30), "market_values": values, "market_later": 1, "symbols": len(CATALOGUE.symbols)}
    assert found == {name: (count,) for name, count in rows.items()}


def test_it_reads_nothing_else(reading: psycopg.Connection) -> None:
    kinds = "relkind IN ('r', 'p', 'v', 'm', 'S') AND relnamespace = 'public'::regnamespace"
    others = {name for (name,) in reading.execute(f"SELECT relname FROM pg_class WHERE {kinds}")}
    shown = {name for name in others if name.startswith("market_")}
    assert {*VIEWS, "market_later", "market_gaps", "market_bars_5m"} <= shown
    others -= shown | {"symbols"}
    assert {"ticks", "quotes", "bars", "indicator_values", "signals", "watermark", "marketing"} < others
    for name in (*others, "pg_authid"):
        with pytest.raises(errors.InsufficientPrivilege):
            reading.execute(SQL("SELECT * FROM {}").format(Identifier(name)))
    with pytest.raises(errors.InsufficientPrivilege):
        reading.execute("SELECT pg_read_file('postgresql.conf')")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO symbols (source, symbol) VALUES ('a', 'b')",
        "UPDATE symbols SET symbol = 'a'",
        "DELETE FROM ticks",
        "TRUNCATE symbols",
        "CREATE TABLE mine (number integer)",
        "CREATE TEMPORARY TABLE mine (number integer)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE VIEW market_later AS SELECT 2 AS number",
        "DROP VIEW market_later",
        "SELECT lo_create(0)",
        "SELECT lo_creat(-1)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT nextval('symbols_id_seq')",
        "COPY symbols TO PROGRAM 'cat'",
        "COPY symbols TO '/tmp/symbols'",
        "ALTER ROLE reader SUPERUSER",
        "SET ROLE postgres",
    ],
)
def test_it_writes_nothing_even_when_it_says_that_it_would(reading: psycopg.Connection, statement: str) -> None:
    with pytest.raises((errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege)):
        reading.execute(statement)
    reading.execute("SET default_transaction_read_only = off")
    with pytest.raises(errors.InsufficientPrivilege):
        reading.execute(statement)


def test_it_is_held_to_a_minute_and_to_some_connections(reading: psycopg.Connection) -> None:
    names = ("default_transaction_read_only", "statement_timeout", "idle_in_transaction_session_timeout")
    held = [reading.execute(SQL("SHOW {}").format(Identifier(name))).fetchone() for name in names]
    assert held == [("on",), ("1min",), ("1min",)]
    most = reading.execute("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'reader'").fetchone()
    assert most == (20,)


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ({"user": "reader", "password": "wrong"}, "password authentication failed"),
        ({"user": "reader", "password": ""}, "no password supplied"),
        ({"user": "postgres"}, "pg_hba.conf rejects connection"),
        ({"user": "postgres", "password": PASSWORD}, "pg_hba.conf rejects connection"),
        ({"user": "postgres", "replication": "true"}, "pg_hba.conf rejects replication connection"),
        ({"user": "reader", "password": PASSWORD, "dbname": "template1"}, "pg_hba.conf rejects connection"),
    ],
)
def test_nobody_else_comes_in_over_tcp(listening: Embedded, who: dict[str, str], said: str) -> None:
    assert listening.reader is not None
    place = {"host": listening.reader.host, "port": str(listening.reader.port), "dbname": "postgres"}
    with pytest.raises(psycopg.OperationalError, match=said):
        psycopg.connect(make_conninfo(**{**place, **who}))


def test_the_password_of_the_settings_is_the_one_that_counts(listening: Embedded) -> None:
    assert listening.reader is not None
    reader = listening.reader
    with psycopg.connect(reader.url, password=PASSWORD, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute("ALTER ROLE reader PASSWORD 'mine'")
        connection.execute("ALTER ROLE reader SET statement_timeout = 0")
    Embedded(listening.folder.parent, reader).start()
    with psycopg.connect(reader.url, password=PASSWORD) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1min",)


def test_the_server_never_sees_the_password(listening: Embedded) -> None:
    url = listening.start()
    with psycopg.connect(url) as connection:
        stored = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'reader'").fetchone()
    assert str(stored).startswith("('SCRAM-SHA-256$")
    written = b"".join(path.read_bytes() for path in listening.folder.glob("*") if path.is_file())
    assert PASSWORD.encode() not in written
    assert "s3cret" not in repr(listening.reader)


@pytest.mark.parametrize(
    ("store", "sentence"),
    [
        ({"port": 5433}, "no password is set for it: set CANDELA__STORE__READER_PASSWORD"),
        ({"port": 5433, "reader_password": "x", "url": "postgresql://h/d"}, "store.url names a server of your own"),
    ],
)
def test_a_port_that_cannot_be_meant_is_said(store: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        reader_of(load(flags={"store": store}).store)


def test_where_it_comes_in_is_as_the_settings_say() -> None:
    assert reader_of(load(flags={"store": {"reader_password": "x"}}).store) is None
    found = reader_of(load(flags={"store": {"host": "::1", "port": 5433, "reader_password": "x"}}).store)
    assert found == Reader("::1", 5433, SecretStr("x"))
    assert found.url == "postgresql://reader@[::1]:5433/postgres"


def test_a_host_that_is_none_of_this_machine_is_said() -> None:
    with pytest.raises(BadInput, match=r"cannot listen on 192\.0\.2\.1:5433 .* CANDELA__STORE__HOST"):
        Reader("192.0.2.1", 5433, SecretStr("x")).check_free()
