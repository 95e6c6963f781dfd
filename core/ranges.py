"""Ranges: rows in columns, out of the database and the archive without a seam: all of a range, or a page of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
from psycopg import sql

from core.archive import Archive, Shelf, cut
from core.columnar import Columnar
from core.events import QUALITIES
from core.moments import behind, moment
from core.paging import Ask

TABLES = {"trades": "ticks", "quotes": "quotes", "bars": "bars"}
_QUALITY = pl.Enum(QUALITIES)
_SYMBOLS = "SELECT id AS symbol_id, source, symbol FROM symbols"


class Ranges:
    """Times are nanoseconds. `rows` has ids joined to their names here: naming them in the database costs half as much
    again. BadInput, StoreDown, Unavailable."""

    def __init__(self, url: str, archive: Path | None = None) -> None:
        self.columnar, self._shelf = Columnar(url), Shelf(Archive(archive))

    def close(self) -> None:
        self.columnar.close()

    def rows(self, ask: Ask, columns: Sequence[str]) -> pl.DataFrame:
        """source, symbol and `columns` of every row of trades, quotes or bars, in order; whatever the limit."""
        known = self._known(ask)
        found, archive = self.settled(lambda: self._stored(ask, columns, known))
        old = archive.rows(ask)
        if old is not None:
            named = old.join(known.drop("symbol_id"), on=["source", "symbol"])
            found = pl.concat([found, _coded(named).select(found.columns)])
        if not _in_order(found["ts_event"]):
            found = found.sort("ts_event", "place", "seq")
        names = known.select("place", pl.col("source", "symbol").cast(pl.Categorical))
        return found.join(names, on="place", how="left", maintain_order="left").select("source", "symbol", *columns)

    def page(self, ask: Ask) -> pl.DataFrame:
        """The rows that `core.history.History.page` gives, with the same columns."""
        found, archive = self.settled(lambda: self.columnar.ask(ask.query, ask.given))
        found = found.reverse() if ask.newest else found
        parts = archive.concerned(ask, found["ts_event"])
        if not parts:
            return found
        old = archive.page(ask, parts).select(found.columns)
        return cut(ask, pl.concat([found, old], how="vertical_relaxed"))

    def settled(self, read: Callable[[], pl.DataFrame]) -> tuple[pl.DataFrame, Archive]:
        """What `read` gives and the archive that goes with it: what was listed before it was listed behind it."""
        while True:
            archive = self._shelf.archive
            found = read()
            if self.columnar.ask("archived_version", {}).item() == archive.version:
                return found, archive
            self._shelf.archive = archive.relisted(self.columnar.ask("archived_parts", {}).rows())

    def _known(self, ask: Ask) -> pl.DataFrame:
        """Ids and names of the symbols that are asked for, and the place of each among them."""
        known = self.columnar.read(_SYMBOLS).sort("symbol", "source")
        known = known.with_columns(pl.int_range(pl.len(), dtype=pl.Int32).alias("place"))
        if "source" in ask.equal:
            known = known.filter(pl.col("source") == ask.equal["source"])
        return known.filter(pl.col("symbol").is_in(list(ask.symbols))) if ask.symbols else known

    def _stored(self, ask: Ask, columns: Sequence[str], known: pl.DataFrame) -> pl.DataFrame:
        ids = known["symbol_id"].to_list() if ask.symbols or "source" in ask.equal else None
        rows = self.columnar.read(_statement(ask, columns, ids))
        return _coded(rows.join(known.select("symbol_id", "place"), on="symbol_id", maintain_order="left")).select(
            "place", *columns
        )


def _statement(ask: Ask, columns: Sequence[str], ids: list[int] | None) -> str:
    names = sql.SQL(", ").join(map(sql.Identifier, ("symbol_id", *columns)))
    where = sql.SQL(" AND ").join(_conditions(ask, ids))
    return sql.SQL("SELECT {} FROM {} WHERE {}").format(names, sql.Identifier(TABLES[ask.kind]), where).as_string()


def _conditions(ask: Ask, ids: list[int] | None) -> list[sql.Composable]:
    first, last, start, end = map(sql.Literal, (moment(ask.start), behind(ask.end), ask.start, ask.end))
    parts: list[sql.Composable] = [
        sql.SQL("time BETWEEN {} AND {}").format(first, last),
        sql.SQL("ts_event >= {} AND ts_event < {}").format(start, end),
    ]
    if ids is not None:
        parts.append(sql.SQL("symbol_id = ANY({}::integer[])").format(sql.Literal(ids)))
    if ask.kind == "bars":
        given = ask.given
        each = sql.SQL("timeframe = {} AND origin = {}")
        parts.append(each.format(sql.Literal(given["seconds"]), sql.Literal(given["origin"])))
    return parts


def _coded(rows: pl.DataFrame) -> pl.DataFrame:
    """Qualities by name, whether they came as numbers or as names."""
    if "quality" not in rows.columns:
        return rows
    said = pl.col("quality")
    if rows.schema["quality"] != pl.String:
        said = said.replace_strict(dict(enumerate(QUALITIES)), return_dtype=_QUALITY)
    return rows.with_columns(said.cast(_QUALITY))


def _in_order(times: pl.Series) -> bool:
    """Whether each is behind the one before, as rows mostly lie: sorting them would cost a tenth of the read."""
    numbers = times.to_numpy()
    return bool((numbers[1:] > numbers[:-1]).all())
