"""The database's shape: numbered migrations, and named queries, both from core/sql."""

from collections.abc import Collection
from functools import cache
from importlib.resources import files

import psycopg

_LOCK = 7_264_001  # any constant: two processes that start at once migrate one after the other
_SQL = files("core") / "sql"


@cache
def query(name: str) -> str:
    """The text of the block `-- name: NAME` of queries.sql, without comments."""
    text = (_SQL / "queries.sql").read_text().replace("-- name: ", "\0")
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    blocks = plain.split("\0")[1:]
    named = {block.split("\n", 1)[0].strip(): block.split("\n", 1)[1].strip() for block in blocks}
    return named[name]


def steps() -> list[str]:
    """The migrations, oldest first; a version is one step or several, in the order of their names."""
    return sorted(path.name for path in _SQL.iterdir() if path.name[:4].isdigit())


def newest() -> int:
    """The version a database has after `migrate`."""
    return int(steps()[-1][:4])


def migrate(connection: psycopg.Connection) -> int:
    """Bring the database to the newest version, in one transaction; the version it is at now."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY, name text NOT NULL)")
        done = {version for (version,) in cursor.execute("SELECT version FROM schema_version")}
        for name in steps():
            apply(cursor, name, done)
    return newest()


def apply(cursor: psycopg.Cursor, name: str, done: Collection[int] = ()) -> None:
    """Run a step whose version is not done; one for hypertables, or for plain tables, only where they are such."""
    version = int(name[:4])
    if version in done:
        return
    hypertables = has_timescale(cursor) if version == 1 else partitioned(cursor)
    if not name.endswith(".plain.sql" if hypertables else ".timescale.sql"):
        cursor.execute((_SQL / name).read_text())
    cursor.execute("INSERT INTO schema_version VALUES (%s, %s) ON CONFLICT DO NOTHING", [version, name])


def has_timescale(cursor: psycopg.Cursor) -> bool:
    """Whether the server offers the timescaledb extension."""
    return cursor.execute(query("timescale_offered")).fetchone() is not None


def partitioned(cursor: psycopg.Cursor | psycopg.Connection) -> bool:
    """Whether the tables are hypertables: an extension that came later leaves them as they are."""
    if cursor.execute(query("timescale_installed")).fetchone() is None:
        return False
    return cursor.execute(query("hypertable")).fetchone() is not None
