"""Archiving: old rows leave the database for Parquet files, each kept exactly once, whatever is killed and when.

A day is written to a file, synced and read back; one transaction then deletes its rows and lists the file. Rows are
only ever added, so as many rows deleted as written are the same rows; if there are more, the day is written again.
A file gets its last name after the transaction: what was not listed is a `.partial` that the next run removes.
On a hypertable whole chunks are dropped, which are cheap to drop and dear to delete from: stores wait meanwhile.
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_manager.dbapi import Connection, Error
from psycopg import sql

from core.archive import KINDS, PARTIAL, Part
from core.disk import sync_folder
from core.errors import StoreDown, Unavailable, one_line
from core.events import SECOND
from core.schema import migrate, partitioned, query

_DAY = timedelta(days=1)
_TRIES = 3
_MOMENT = pa.timestamp("ns", "UTC")


class _More(Exception):
    """There are other rows than those that were written."""


@dataclass(frozen=True)
class Unit:
    """What leaves the database at once: a day, or on a hypertable a chunk; how many rows each of its days has."""

    kind: str
    start: datetime
    end: datetime
    days: dict[datetime, int]

    @property
    def rows(self) -> int:
        return sum(self.days.values())


@dataclass(frozen=True)
class _Written:
    """A file that is not listed yet."""

    part: Part
    path: Path
    size: int


class Mover:
    """Moves rows into `folder`: `due` says what is old enough, `move` moves it. One at a time: else Unavailable."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._connection: psycopg.Connection
        self._reading: Connection

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            try:
                self._connection = opened.enter_context(
                    closing(psycopg.connect(self._url, autocommit=True, connect_timeout=5))
                )
                migrate(self._connection)
                self._reading = opened.enter_context(closing(adbc.connect(self._url, autocommit=True)))
            except (psycopg.OperationalError, Error) as error:
                raise StoreDown(f"cannot reach the database: {one_line(error)}; check CANDELA__STORE__URL") from None
            self._begin()
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _begin(self) -> None:
        if self._connection.execute(query("old_rows_lock")).fetchone() != (True,):
            raise Unavailable("another `candela archive` or `candela backfill` is at work on this database: let it end")
        ((self._name,),) = self._connection.execute(query("archive_name")).fetchall()
        self._partitioned = partitioned(self._connection)
        self._tidy()

    def due(self, kind: str, before: datetime) -> list[Unit]:
        """What lies wholly before a moment, oldest first."""
        if not self._partitioned:
            days = self._days(kind, datetime.min.replace(year=1900, tzinfo=before.tzinfo), before)
            return [Unit(kind, day, day + _DAY, {day: rows}) for day, rows in days.items() if day + _DAY <= before]
        found = self._connection.execute(query("chunks"), {"table": KINDS[kind].table, "to": before}).fetchall()
        units = [Unit(kind, start, end, self._days(kind, start, end)) for start, end in found]
        return [unit for unit in units if unit.rows]

    def move(self, unit: Unit) -> list[Part]:
        """Move a unit; the parts it became. Unavailable when rows kept coming for it."""
        for _ in range(_TRIES):
            written = [self._written(unit.kind, day) for day in unit.days]
            if self._listed(unit, written, sum(each.part.rows for each in written)):
                break
            unit = replace(unit, days=self._days(unit.kind, unit.start, unit.end))
        else:
            raise Unavailable(f"rows kept coming for {unit.start:%Y-%m-%d}: nothing was deleted; try again later")
        for each in written:
            _name(each.path)
        return [each.part for each in written]

    def drop(self, kind: str, before: datetime) -> int:
        """Delete what lies wholly before a moment, in the database and in the archive; how many rows that was."""
        dropped = 0
        for unit in self.due(kind, before):
            if self._listed(unit, (), unit.rows):  # else rows came meanwhile: next time
                dropped += unit.rows
        return dropped + self._forgotten(kind, before)

    def _forgotten(self, kind: str, before: datetime) -> int:
        """Delete the files of a kind that end before a moment; how many rows they had."""
        dropped = 0
        given = {"kind": kind, "end": int(before.timestamp()) * SECOND}
        for path, rows in self._connection.execute(query("parts_before"), given).fetchall():
            whole = self._folder / path
            partial = whole.with_name(whole.name + PARTIAL)
            if not whole.parent.exists():  # a folder that is not mounted would come back with files nobody lists
                raise Unavailable(f"cannot delete {whole}: mount its folder, or set archive.folder")
            if whole.exists():
                whole.rename(partial)  # whenever we are killed, the next run knows what to do with it
            self._connection.execute(query("unlist_part"), {"path": path})
            partial.unlink(missing_ok=True)
            dropped += rows
        return dropped

    def _days(self, kind: str, start: datetime, end: datetime) -> dict[datetime, int]:
        counted = sql.SQL(query("days")).format(table=sql.Identifier(KINDS[kind].table))
        return dict(self._connection.execute(counted, {"from": start, "to": end}).fetchall())

    def _written(self, kind: str, day: datetime) -> _Written:
        """A day's rows in a file that will last, read back."""
        below = Path(kind) / f"date={day:%Y-%m-%d}"
        number = 1
        while (self._folder / below / f"{self._name}-{number}.parquet").exists():
            number += 1
        path = self._folder / below / f"{self._name}-{number}.parquet{PARTIAL}"
        try:
            self._write(kind, day, path)
            rows, first, last = _read_back(path)
            size = path.stat().st_size
        except (OSError, pa.ArrowException, Error) as error:
            with suppress(OSError):
                path.unlink()
            raise Unavailable(f"cannot write {path}: {one_line(error)}; nothing was deleted") from None
        return _Written(Part(kind, str(below / path.stem), rows, first, last), path, size)

    def _write(self, kind: str, day: datetime, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file, self._reading.cursor() as cursor:
            cursor.execute(_day_of(kind, day))
            batches: pa.RecordBatchReader = cursor.fetch_record_batch()
            schema = pa.schema([(each.name, _type(each)) for each in batches.schema])
            schema = schema.with_metadata({"candela.kind": kind, "candela.date": f"{day:%Y-%m-%d}"})
            with pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True) as writer:
                for batch in batches:
                    writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)

    def _listed(self, unit: Unit, written: Sequence[_Written], rows: int) -> bool:
        """One transaction: the rows are deleted and the files listed; False, and nothing done, if there are more."""
        try:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                self._delete(cursor, unit, rows)
                for each in written:
                    part = each.part
                    given = {"kind": part.kind, "path": part.path, "rows": part.rows, "bytes": each.size}
                    cursor.execute(query("list_part"), {**given, "first": part.first, "last": part.last})
        except _More:
            return False
        except psycopg.Error as error:
            raise StoreDown(f"the database refused: {one_line(error)}; the next run goes on from here") from None
        return True

    def _delete(self, cursor: psycopg.Cursor, unit: Unit, rows: int) -> None:
        """Delete the rows of a unit; _More when they are not so many."""
        cursor.execute(query("archive_patience"))
        table = KINDS[unit.kind].table
        given = {"table": table, "from": unit.start, "to": unit.end}
        if not self._partitioned:
            of = sql.SQL(query("delete_span")).format(table=sql.Identifier(table))
            if cursor.execute(of, given).rowcount != rows:
                raise _More
            return
        cursor.execute(query("stop_stores"))
        counted = sql.SQL(query("count_span")).format(table=sql.Identifier(table))
        if cursor.execute(counted, given).fetchall() != [(rows,)]:
            raise _More
        cursor.execute(query("drop_chunks"), given)
        if cursor.execute(counted, given).fetchall() != [(0,)]:  # a chunk that reaches beyond stays whole
            raise _More

    def _tidy(self) -> None:
        """End what a killed run began: a listed file gets its name, another is removed."""
        listed = {path for (path,) in self._connection.execute(query("listed_paths"))}
        for path in list(self._folder.glob(f"*/date=*/{self._name}-*.parquet{PARTIAL}")):
            if str(path.relative_to(self._folder).with_suffix("")) in listed:
                _name(path)
            else:
                path.unlink()


def _name(path: Path) -> None:
    path.rename(path.with_suffix(""))
    sync_folder(path.parent)


def _type(column: Any) -> pa.DataType:  # Any: a field of a schema, whose type pyarrow leaves open
    return _MOMENT if column.name.startswith("ts_") else column.type


def _day_of(kind: str, day: datetime) -> str:
    asked = KINDS[kind]
    order = ("symbol_id", *asked.lanes, "ts_event", "seq")
    return (
        sql.SQL("SELECT {} FROM {} WHERE time >= {} AND time < {} ORDER BY {}")
        .format(
            sql.SQL(", ").join(map(sql.Identifier, asked.columns)),
            sql.Identifier(asked.view),
            sql.Literal(day),
            sql.Literal(day + _DAY),
            sql.SQL(", ").join(map(sql.Identifier, order)),
        )
        .as_string()
    )


def _read_back(path: Path) -> tuple[int, int, int]:
    """How many rows a file has, and the least and the greatest ts_event; every page's checksum is compared."""
    rows, first, last = 0, 2**63 - 1, -(2**63)
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        for batch in file.iter_batches():
            times = batch.column("ts_event").cast(pa.int64()).to_numpy()
            rows, first, last = rows + len(times), min(first, int(times.min())), max(last, int(times.max()))
    return rows, first, last
