"""The archive: old rows as Parquet files, which polars, DuckDB and others read as they are.

FOLDER/KIND/date=YYYY-MM-DD/NAME-N.parquet, a UTC day a folder, a name a database; columns have the names of REST, times
are moments in UTC to the nanosecond, rows lie by symbol and in order of time. The database knows every file of its own;
one that it does not know is not read, and has a name that ends in `.partial`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from core.errors import Unavailable, one_line
from core.moments import EVER
from core.paging import BEFORE_ALL, Ask

Row = dict[str, Any]  # Any: a column may be a number, a text or a list

PARTIAL = ".partial"
MOMENT = pl.Datetime("ns", "UTC")
_NAMES, _TIMES = ("source", "symbol"), ("ts_event", "ts_recv")
_PRICES = ("open", "high", "low", "close", "volume", "vwap", "trades", "quality", "origin", "seq")


@dataclass(frozen=True)
class Kind:
    """What is archived of a table: the columns of its view."""

    table: str
    view: str
    columns: tuple[str, ...]
    lanes: tuple[str, ...] = ()  # what the rows of a symbol lie by, before time


KINDS = {
    "trades": Kind(
        "ticks",
        "market_trades",
        (*_NAMES, "price", "size", "side", "trade_id", *_TIMES, "seq"),
    ),
    "quotes": Kind(
        "quotes",
        "market_quotes",
        (*_NAMES, "bid", "bid_size", "ask", "ask_size", *_TIMES, "seq"),
    ),
    "bars": Kind(
        "bars",
        "market_bars",
        (*_NAMES, "timeframe", "ts_open", "ts_close", *_TIMES, *_PRICES),
        ("timeframe",),
    ),
    "values": Kind(
        "indicator_values",
        "market_values",
        (*_NAMES, "timeframe", "ts_event", "seq", "quality", "indicator", "value"),
        ("timeframe", "indicator"),
    ),
    "signals": Kind(
        "signals",
        "market_signals",
        (*_NAMES, "strategy", "timeframe", "side", "strength", "price", "quality", *_TIMES, "seq", "seq_all"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One file: where it is below the folder, and the least and the greatest ts_event of its rows."""

    kind: str
    path: str
    rows: int
    first: int
    last: int


@dataclass
class Shelf:
    """The archive as it was last listed, for all who read at once: replaced as a whole, never changed."""

    archive: "Archive"


class Archive:
    """Reads the files of one list of the database's, that of `version`; another list makes another archive.

    Times in the frames it gives are nanoseconds. Unavailable when a file is needed that cannot be read.
    """

    def __init__(self, folder: Path | None = None, listed: Sequence[Sequence[Any]] = ()) -> None:  # Any: of `archived`
        self.version = f"{max((row[0] for row in listed), default='')}/{len(listed)}"
        self._folder = folder
        self._parts = [Part(*row[1:]) for row in listed]
        self._last: dict[str, pl.DataFrame] = {}  # of a part: the last trade of each of its symbols

    def relisted(self, listed: Sequence[Sequence[Any]]) -> "Archive":
        """The archive as the database lists it now: id, kind, path, rows, first and last ts_event."""
        archive = Archive(self._folder, listed)
        archive._last = self._last  # files never change
        return archive

    def concerning(self, kind: str, start: int, end: int) -> list[Part]:
        """The parts with rows of a kind between `start` and before `end`."""
        return [part for part in self._parts if part.kind == kind and part.last >= start and part.first < end]

    def rows(self, ask: Ask) -> pl.DataFrame | None:
        """Every row of the range, in no order, whatever the limit; None where no part has any."""
        found = [self._of(part, ask) for part in self.concerning(ask.kind, ask.start, ask.end)]
        return pl.concat(found) if found else None

    def concerned(self, ask: Ask, times: Sequence[int] | pl.Series) -> list[Part]:
        """The parts that may have rows of a page, for which the database has rows of these times."""
        start, end = ask.start, ask.end
        if len(times) == ask.limit:
            start, end = (times[0], end) if ask.newest else (start, times[-1] + 1)
        return self.concerning(ask.kind, start, end)

    def page(self, ask: Ask, parts: Sequence[Part]) -> pl.DataFrame:
        """The page of an answer, were these parts all there is."""
        kept: pl.DataFrame | None = None
        for part in sorted(parts, key=lambda part: part.last if ask.newest else part.first, reverse=ask.newest):
            if kept is not None and len(kept) == ask.limit and _is_beyond(part, kept["ts_event"], newest=ask.newest):
                break
            rows = self._of(part, ask).drop("origin", strict=False)
            rows = _by_bar(rows) if ask.kind == "values" else rows
            kept = cut(ask, rows if kept is None else pl.concat([kept, rows]))
        return pl.DataFrame() if kept is None else kept

    def last_trades(self, found: Sequence[Row], wanted: Sequence[Row], end: int) -> list[Row]:
        """The last trade before `end` of each `source` and `symbol` that is wanted; the database has those found."""
        last = {(row["symbol"], row["source"]): row for row in found}
        names = {(row["symbol"], row["source"]) for row in wanted}
        for part in sorted(self.concerning("trades", EVER[0], end), key=lambda part: part.last, reverse=True):
            missing = {name for name in names if name not in last or last[name]["ts_event"] <= part.last}
            if not missing:
                break
            for row in self._last_of(part, end).to_dicts():
                name = row["symbol"], row["source"]
                if name in missing and (name not in last or _age(last[name]) < _age(row)):
                    last[name] = row
        return [last[name] for name in sorted(last)]

    def _last_of(self, part: Part, end: int) -> pl.DataFrame:
        whole = part.last < end
        if whole and part.path in self._last:
            return self._last[part.path]
        rows = self._of(part, Ask("trades", end=end)).drop("trade_id")
        rows = rows.sort(pl.col("ts_event") // 1000, "seq").unique(["symbol", "source"], keep="last")
        if whole:
            self._last[part.path] = rows
        return rows

    def _of(self, part: Part, ask: Ask) -> pl.DataFrame:
        if self._folder is None:
            raise Unavailable(f"rows of that time are in the archive ({part.path}), whose folder was not given")
        path = self._folder / part.path
        for each in (path, path.with_name(path.name + PARTIAL), path):  # it may be given its name between two looks
            try:
                return _scanned(each, ask)
            except FileNotFoundError:
                continue
            except (OSError, pl.exceptions.PolarsError) as error:
                raise _broken(path, one_line(error)) from None
        raise _broken(path, "there is no such file")


def _broken(path: Path, why: str) -> Unavailable:
    return Unavailable(f"the archive's {path} cannot be read: {why}; mount its folder, or set archive.folder")


def _is_beyond(part: Part, times: pl.Series, *, newest: bool) -> bool:
    """Whether all of a part's rows lie behind those that are kept."""
    return bool(part.last < times[0] if newest else part.first > times[-1])


def cut(ask: Ask, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a page, in order."""
    ordered = rows.sort("ts_event", "symbol", ask.number, "source")
    return ordered.tail(ask.limit) if ask.newest else ordered.head(ask.limit)


def _age(trade: Row) -> tuple[int, int]:
    return trade["ts_event"] // 1000, trade["seq"]  # within a microsecond the higher number is the newer


def _by_bar(values: pl.DataFrame) -> pl.DataFrame:
    """A row a bar, its indicators and their values together."""
    bar = ("source", "symbol", "timeframe", "ts_event", "seq", "quality")
    return values.group_by(bar).agg(pl.struct("indicator", "value").alias("values"))


def _scanned(path: Path, ask: Ask) -> pl.DataFrame:
    rows = pl.scan_parquet(path, hive_partitioning=False).filter(between(ask, _moment) & _named(ask))
    return rows.with_columns(pl.col("^ts_.*$").to_physical()).collect()


def _named(ask: Ask) -> pl.Expr:
    said = pl.col("symbol").is_in(list(ask.symbols)) if ask.symbols else pl.lit(value=True)
    for name, value in ask.equal.items():
        said &= pl.col(name) == value
    return said


def between(ask: Ask, at: Callable[[int], pl.Expr] = pl.lit) -> pl.Expr:
    """Whether a row lies in the range that is asked for, behind `after`; `at` gives a moment as the column has it."""
    when = pl.col("ts_event")
    said = (when >= at(ask.start)) & (when < at(ask.end))
    if ask.after == BEFORE_ALL:
        return said
    ts, symbol, number, source = ask.after
    name, last = pl.col("symbol"), pl.col(ask.number)
    later = (last > number) | ((last == number) & (pl.col("source") > source))
    return said & ((when > at(ts)) | ((when == at(ts)) & ((name > symbol) | ((name == symbol) & later))))


def _moment(nanoseconds: int) -> pl.Expr:
    return pl.lit(nanoseconds, dtype=pl.Int64).cast(MOMENT)
