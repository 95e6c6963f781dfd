"""History: what REST and services read from the database, through its views, a page at a time."""

import base64
import binascii
import copy
import json
from collections.abc import Sequence
from typing import Any, Self

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from core.errors import BadInput, StoreDown, one_line
from core.events import ORIGINS
from core.moments import EVER, behind, moment, seconds
from core.ports import Page
from core.schema import query

_PATIENCE_S = 3.0

Row = dict[str, Any]  # Any: a column may be a number, a text or a mapping


class History:
    """Reads from the store. Times are nanoseconds since 1970; without a `start` the newest rows are given.

    Rows come oldest first; `next_cursor` is there when more may follow, and continues exactly after the last row.
    Two sources may have a symbol of one name: `of(source)` reads one of them.
    """

    def __init__(self, url: str) -> None:
        self.source = ""
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
        given = {"symbols": list(symbols), "seconds": seconds(timeframe), "timeframe": timeframe}
        given |= {"origin": ORIGINS.index(origin)}
        return await self._page("bars", given, (start, end), limit, cursor)

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
        given = {"symbols": [symbol], "seconds": seconds(timeframe)}
        return await self._page("values", given, (start, end), limit, cursor)

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
        given = {"symbols": list(symbols), "strategy": strategy or ""}
        return await self._page("signals", given, (start, end), limit, cursor)

    async def last_trades(self, symbols: Sequence[str] = (), *, end: int | None = None) -> list[Row]:
        """The newest trade of each symbol, or as it was before `end`, by symbol; of all symbols when none is named."""
        high = EVER[1] if end is None else end
        to = behind(high)
        return await self._all("last_trades", {"symbols": list(symbols), "end": high, "to": to})

    async def _page(
        self, name: str, given: Row, span: tuple[int | None, int | None], limit: int, cursor: str | None
    ) -> Page:
        start, end = span
        after = _decoded(cursor) if cursor else (EVER[0], "", 0)
        newest = start is None and cursor is None
        low, high = EVER[0] if start is None else start, EVER[1] if end is None else end
        given |= {"start": low, "end": high, "limit": limit}
        given |= {"from": moment(max(low, after[0])), "to": behind(high)}
        given |= dict(zip(("after_ts", "after_symbol", "after_seq"), after, strict=True))
        found = await self._all(f"newest_{name}" if newest else name, given)
        if newest:
            return Page(found[::-1], None)
        number = "seq_all" if name == "signals" else "seq"
        last = (found[-1]["ts_event"], found[-1]["symbol"], found[-1][number]) if len(found) == limit else None
        return Page(found, _encoded(last) if last else None)

    async def _all(self, name: str, given: Row) -> list[Row]:
        try:
            async with self._pool.connection() as connection:
                cursor = await connection.execute(query(name), {"source": self.source, **given}, binary=True)
                return await cursor.fetchall()
        except psycopg.DataError as error:
            raise BadInput(f"the database cannot look for that: {one_line(error)}") from None
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise StoreDown(f"the database does not answer: {one_line(error)}") from None


def _encoded(last: tuple[int, str, int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(last).encode()).decode().rstrip("=")


def _decoded(cursor: str) -> tuple[int, str, int]:
    try:
        ts, symbol, seq = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return int(ts), str(symbol), int(seq)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise BadInput(f"expected the next_cursor of an earlier answer, found {cursor!r}") from None
