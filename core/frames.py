"""Frames: whole ranges of the store as polars frames, for research, backtests and archives.

Rows come by binary COPY straight into Arrow (ADBC), and ids get their names here: no object a row is ever made.
ADBC leaves COPY when it is given parameters, so values are written into the statement, quoted by psycopg.
"""

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Self

import adbc_driver_postgresql.dbapi as adbc
import polars as pl
from adbc_driver_manager.dbapi import Connection, Error
from psycopg import sql

from core.errors import BadInput, StoreDown, one_line
from core.events import ORIGINS, QUALITIES
from core.moments import EVER, behind, moment, seconds

Span = tuple[int | None, int | None]

_COLUMNS = {
    "ticks": ("ts_event", "seq", "price", "size", "side"),
    "quotes": ("ts_event", "seq", "bid", "bid_size", "ask", "ask_size"),
    "bars": (
        *("ts_event", "seq", "ts_open", "ts_close", "open", "high", "low", "close"),
        *("volume", "vwap", "trades", "quality"),
    ),
}
_MORE = {"ticks": ("ts_recv", "trade_id"), "quotes": ("ts_recv",), "bars": ("ts_recv",)}
_MOMENT = pl.Datetime("ns", "UTC")
_QUALITY = pl.col("quality").replace_strict(dict(enumerate(QUALITIES)), return_dtype=pl.Enum(QUALITIES))
# Workers hand their rows over in no order: with them a million took 0.5 s, without them 0.3, as they lie.
_ALONE = "SET max_parallel_workers_per_gather = 0"
_SYMBOLS = "SELECT id AS symbol_id, source, symbol FROM symbols"


class Frames:
    """`trades`, `quotes`, `bars`: every row from `start` until before `end`, in order of ts_event, symbol and seq.

    Times are given in nanoseconds since 1970; a frame has them as moments in UTC. Of all symbols when none is named;
    of all sources when the name of none is given. BadInput for an unknown column or timeframe, StoreDown.
    One read at a time, on one connection, which is made when it is needed: it costs 30 ms, a tenth of a million rows.
    """

    def __init__(self, url: str, source: str = "") -> None:
        self._url, self._source = url, source
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def trades(
        self, symbols: Sequence[str] = (), *, start: int | None = None, end: int | None = None, more: Sequence[str] = ()
    ) -> pl.DataFrame:
        """source, symbol, ts_event, seq, price, size, side, and `more` of ts_recv, trade_id."""
        return self._read("ticks", symbols, (start, end), more)

    def quotes(
        self, symbols: Sequence[str] = (), *, start: int | None = None, end: int | None = None, more: Sequence[str] = ()
    ) -> pl.DataFrame:
        """source, symbol, ts_event, seq, bid, bid_size, ask, ask_size, and `more` of ts_recv."""
        return self._read("quotes", symbols, (start, end), more)

    def bars(
        self,
        symbols: Sequence[str],
        timeframe: str,
        *,
        start: int | None = None,
        end: int | None = None,
        origin: str = "engine",
        more: Sequence[str] = (),
    ) -> pl.DataFrame:
        """Closed bars: source, symbol, ts_event, seq, ts_open, ts_close, open, high, low, close, volume, vwap, trades,
        quality, and `more` of ts_recv."""
        if origin not in ORIGINS:
            raise BadInput(f"expected an origin out of {', '.join(ORIGINS)}; found {origin!r}")
        given = {"timeframe": seconds(timeframe), "origin": ORIGINS.index(origin)}
        return self._read("bars", symbols, (start, end), more, given)

    def _read(
        self,
        table: str,
        symbols: Sequence[str],
        span: Span,
        more: Sequence[str],
        given: Mapping[str, int] | None = None,
    ) -> pl.DataFrame:
        unknown = set(more) - set(_MORE[table])
        if unknown:
            raise BadInput(
                f"expected more columns out of {', '.join(_MORE[table])}; found {', '.join(sorted(unknown))}"
            )
        columns = (*_COLUMNS[table], *dict.fromkeys(more))
        with self._lock:
            if self._connection is not None:
                with suppress(Error):  # the server may have been started again; what else is wrong is said below
                    return self._rows(table, columns, symbols, span, given or {})
                self.close()
            try:
                return self._rows(table, columns, symbols, span, given or {})
            except Error as error:
                self.close()
                raise StoreDown(f"cannot read from the database: {one_line(error)}") from None

    def _rows(
        self, table: str, columns: Sequence[str], symbols: Sequence[str], span: Span, given: Mapping[str, int]
    ) -> pl.DataFrame:
        if self._connection is None:
            self._connection = adbc.connect(self._url, autocommit=True)
            with self._connection.cursor() as cursor:
                cursor.execute(_ALONE)
        known = self._known(self._connection, symbols)
        ids = known["symbol_id"].to_list() if symbols or self._source else None
        return _named(_asked(self._connection, _statement(table, columns, _where(span, ids, given))), known)

    def _known(self, connection: Connection, symbols: Sequence[str]) -> pl.DataFrame:
        known = _asked(connection, _SYMBOLS)
        if self._source:
            known = known.filter(pl.col("source") == self._source)
        return known.filter(pl.col("symbol").is_in(list(symbols))) if symbols else known


def _asked(connection: Connection, statement: str) -> pl.DataFrame:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: pl.DataFrame = cursor.fetch_polars()
    return found


def _where(span: Span, ids: list[int] | None, given: Mapping[str, int]) -> sql.Composable:
    start, end = (EVER[i] if each is None else each for i, each in enumerate(span))
    parts = [
        sql.SQL("time BETWEEN {} AND {}").format(sql.Literal(moment(start)), sql.Literal(behind(end))),
        sql.SQL("ts_event >= {} AND ts_event < {}").format(sql.Literal(start), sql.Literal(end)),
    ]
    if ids is not None:
        parts.append(sql.SQL("symbol_id = ANY({}::integer[])").format(sql.Literal(ids)))
    for name, value in given.items():
        parts.append(sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value)))
    return sql.SQL(" AND ").join(parts)


def _statement(table: str, columns: Sequence[str], where: sql.Composable) -> str:
    names = sql.SQL(", ").join(map(sql.Identifier, ("symbol_id", *columns)))
    return sql.SQL("SELECT {} FROM {} WHERE {}").format(names, sql.Identifier(table), where).as_string()


def _named(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Names for ids, moments for nanoseconds, in order."""
    if not _in_order(rows["ts_event"]):
        rows = rows.sort("ts_event", "symbol_id", "seq")
    names = known.with_columns(pl.col("source", "symbol").cast(pl.Categorical))
    moments = [pl.col(name).cast(_MOMENT) for name in rows.columns if name.startswith("ts_")]
    said = [_QUALITY] if "quality" in rows.columns else []
    joined = rows.with_columns(*moments, *said).join(names, on="symbol_id", how="left", maintain_order="left")
    return joined.select("source", "symbol", pl.all().exclude("source", "symbol", "symbol_id"))


def _in_order(times: pl.Series) -> bool:
    """Whether each is behind the one before, as rows mostly lie: sorting them would cost a tenth of the read."""
    numbers = times.to_numpy()
    return bool((numbers[1:] > numbers[:-1]).all())
