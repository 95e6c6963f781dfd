"""History: what REST and services read of the database, through its views, and of the archive, a page at a time."""

import asyncio
import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import polars as pl
import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from core.archive import Archive, Shelf
from core.derived import Derived
from core.errors import BadInput, StoreDown, one_line
from core.moments import EVER, behind, seconds
from core.paging import Ask, Span, asked, following
from core.ports import Page
from core.ranges import Ranges
from core.schema import query

_PATIENCE_S = 3.0

Row = dict[str, Any]  # Any: a column may be a number, a text or a mapping


class History:
    """Reads from the store. Times are nanoseconds since 1970; without a `start` the newest rows are given.

    Rows come oldest first; `next_cursor` is there when more may follow, and continues exactly after the last row.
    Two sources may have a symbol of one name: `of(source)` reads one of them. Rows that were moved into the archive are
    read from its folder, in the same pages.
    """

    def __init__(self, url: str, archive: Path | None = None) -> None:
        self.source = ""
        self._shelf, self._ranges = Shelf(Archive(archive)), Ranges(url, archive)
        self._derived = Derived(self._ranges)
        self._pool = AsyncConnectionPool(
            url,
            connection_class=psycopg.AsyncConnection[DictRow],
            min_size=1,
            max_size=8,
            open=False,
            timeout=_PATIENCE_S,
            kwargs={"row_factory": dict_row, "autocommit": True},
        )

    def of(self, source: str) -> Self:
        """The same history, of one source only; of all for an empty name."""
        narrowed = copy.copy(self)
        narrowed.source = source
        return narrowed

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close()
        self._ranges.close()

    async def ping(self) -> None:
        """StoreDown when the database does not answer."""
        await self._all("symbols", {})

    async def symbols(self) -> list[Row]:
        return await self._all("symbols", {})

    async def has_symbols(self, symbols: Sequence[str]) -> set[str]:
        """Those of `symbols` that the store has ever met."""
        return {row["symbol"] for row in await self._all("known_symbols", {"symbols": list(symbols)})}

    async def bars(
        self,
        symbols: Sequence[str],
        timeframe: str,
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int = 1000,
        cursor: str | None = None,
        origin: str = "engine",
    ) -> Page:
        """Closed bars; of a timeframe that is not stored, made of those of a shorter one that is."""
        return await self.page(
            self.ask("bars", symbols, (start, end), limit, cursor, timeframe=timeframe, origin=origin)
        )

    async def values(
        self,
        symbol: str,
        timeframe: str,
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page:
        seconds(timeframe)  # of others there are none
        return await self.page(self.ask("values", [symbol], (start, end), limit, cursor, timeframe=timeframe))

    async def signals(
        self,
        symbols: Sequence[str] = (),
        *,
        strategy: str | None = None,
        start: int | None = None,
        end: int | None = None,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page:
        return await self.page(self.ask("signals", symbols, (start, end), limit, cursor, strategy=strategy))

    def ask(
        self, kind: str, symbols: Sequence[str], span: Span, limit: int, cursor: str | None = None, **equal: str | None
    ) -> Ask:
        """What `page` and `frame` answer: a kind of rows of our source; without a start and a cursor the newest."""
        return asked(kind, symbols, span, limit, cursor, source=self.source, **equal)

    async def page(self, ask: Ask) -> Page:
        rows = await self._rows(ask)
        if ask.kind == "bars" and not rows and (made := await asyncio.to_thread(self._derived.page, ask)) is not None:
            rows = made.to_dicts()
        return Page(rows, following(ask, rows[-1] if rows else None, len(rows)))

    async def frame(self, ask: Ask) -> pl.DataFrame:
        """The same page in columns, times in nanoseconds."""
        found = await asyncio.to_thread(self._ranges.page, ask)
        if (
            ask.kind == "bars"
            and not len(found)
            and (made := await asyncio.to_thread(self._derived.page, ask)) is not None
        ):
            found = made
        return found

    async def _rows(self, ask: Ask) -> list[Row]:
        found, archive = await self._settled(ask.query, ask.given)
        rows = found[::-1] if ask.newest else found
        archived = archive.concerned(ask, [row["ts_event"] for row in rows])
        if not archived:
            return rows
        old = await asyncio.to_thread(archive.page, ask, archived)
        rows = sorted([*rows, *map(_with_values, old.to_dicts())], key=ask.place)
        return rows[-ask.limit :] if ask.newest else rows[: ask.limit]

    async def last_trades(self, symbols: Sequence[str] = (), *, end: int | None = None) -> list[Row]:
        """The newest trade of each symbol, or as it was before `end`, by symbol; of all symbols when none is named."""
        high = EVER[1] if end is None else end
        given = {"symbols": list(symbols), "end": high, "to": behind(high)}
        found, archive = await self._settled("last_trades", given)
        if not archive.concerning("trades", EVER[0], high):
            return found
        wanted = await self._all("traded_symbols", given)
        return await asyncio.to_thread(archive.last_trades, found, wanted, high)

    async def _settled(self, name: str, given: Row) -> tuple[list[Row], Archive]:
        """What a query gives and the archive that goes with it: what was listed before it was listed behind it."""
        while True:
            archive = self._shelf.archive
            found = await self._all(name, given)
            (row,) = await self._all("archived_version", {})
            if row["version"] == archive.version:
                return found, archive
            listed = [tuple(row.values()) for row in await self._all("archived_parts", {})]
            self._shelf.archive = archive.relisted(listed)

    async def _all(self, name: str, given: Row) -> list[Row]:
        try:
            async with self._pool.connection() as connection:
                cursor = await connection.execute(query(name), {"source": self.source, **given}, binary=True)
                return await cursor.fetchall()
        except psycopg.errors.UndefinedTable:
            raise StoreDown(
                "the database is of an earlier version, or empty: the market or the store process brings it up to date"
            ) from None
        except psycopg.DataError as error:
            raise BadInput(f"the database cannot look for that: {one_line(error)}") from None
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise StoreDown(f"the database does not answer: {one_line(error)}") from None


def _with_values(row: Row) -> Row:
    """A bar's values by their names, as the database gives them."""
    if "values" in row:
        row["values"] = {each["indicator"]: each["value"] for each in row["values"]}
    return row
