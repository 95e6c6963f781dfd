"""The archive against a real database: wherever rows lie, every read gives the same."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import numpy as np
import polars as pl
import psycopg
import pytest

from core.archive import KINDS
from core.archiving import Mover, Unit
from core.errors import Unavailable
from core.events import BAR, QUOTE, SECOND, SIGNAL, TRADE, Batch
from core.frames import Frames
from core.history import History
from core.upkeep import Done, kept_up, midnight
from tests.core.made import CATALOGUE, T0, VALUES, carried, filled

DAY, DAYS, COUNT = 86_400 * SECOND, 4, 240
NAMES = list(CATALOGUE.symbols)
EVERY = {"trades": TRADE, "quotes": QUOTE, "bars": BAR, "values": VALUES, "signals": SIGNAL}
NOW = datetime.fromtimestamp((T0 + DAYS * DAY) // SECOND, UTC)


def spread(dtype: np.dtype[np.void], *, first: int = 1, seed: int = 0) -> Batch:
    """Rows of four days, several at one moment; the last of each day closes with it, and some miss a microsecond."""
    batch = filled(dtype, COUNT, seed=seed, first=first)
    batch["ts_event"] = T0 + np.arange(COUNT) // 4 * (DAYS * DAY // COUNT * 4) + np.arange(COUNT) % 4 // 2 * 999
    batch["ts_event"][::20] -= batch["ts_event"][::20] % DAY
    if dtype is BAR:
        batch["ts_close"] = batch["ts_event"]
        batch["ts_open"] = batch["ts_close"] - 60 * SECOND
    return batch


BATCHES = [spread(dtype) for dtype in EVERY.values()]
Reads = Callable[[], dict[str, Any]]


async def pages(history: History, kind: str, limit: int, start: int) -> list[Any]:
    """All pages of a kind from a start on, as one list, and the newest page before each of some moments."""
    equal = {"timeframe": "1m"} if kind in ("bars", "values") else {}
    symbols = ["AAPL"] if kind == "values" else NAMES
    seen: list[Any] = []
    cursor = None
    while True:
        page = await history.page(history.ask(kind, symbols, (start, None), limit, cursor, **equal))
        seen += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
    for end in (None, T0 + DAY, T0 + 2 * DAY + 1, T0):
        seen.append((await history.page(history.ask(kind, symbols, (None, end), limit, **equal))).rows)
    return seen


async def answers(url: str, folder: Path) -> dict[str, Any]:
    """What is read of everything, in every way there is."""
    history, found = History(url, folder), dict[str, Any]()
    await history.open()
    try:
        for kind in EVERY:
            for limit, start in ((7, T0 - 1), (60, T0 + DAY + 1), (10_000, 0)):
                found[f"{kind} {limit}"] = await pages(history, kind, limit, start)
        for end in (None, T0 + DAY, T0 + 5 * DAY, T0 + 1, T0):
            found[f"last {end}"] = await history.last_trades(end=end)
        found["last of one"] = await history.last_trades(["MSFT", "NONE"], end=T0 + DAY)
        found["7m"] = (await history.bars(NAMES, "7m", limit=1_000)).rows
        found["2d"] = (await history.bars(NAMES, "2d", start=0)).rows
        for kind in ("trades", "bars"):
            ask = history.ask(kind, NAMES, (T0 - DAY, None), 100, timeframe="1m" if kind == "bars" else None)
            found[f"columns of {kind}"] = (await history.frame(ask)).to_dicts()
    finally:
        await history.close()
    with Frames(url, archive=folder) as frames:
        found |= {"trades": frames.trades(more=["trade_id", "ts_recv"]), "quotes": frames.quotes(["AAPL"])}
        found |= {"bars": frames.bars([], "1m", start=T0 + DAY), "2h": frames.bars([], "2h", more=["ts_recv"])}
    return {name: each.to_dicts() if isinstance(each, pl.DataFrame) else each for name, each in found.items()}


def moved(url: str, folder: Path, days: int = 1, kinds: tuple[str, ...] = tuple(KINDS)) -> list[Done]:
    done: list[Done] = []
    kept_up(url, folder, archive=dict.fromkeys(kinds, days), retention={}, said=done.append, now=NOW)
    return done


def in_database(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return {
            kind: connection.execute(f"SELECT count(*) FROM {each.table}").fetchone()[0]  # type: ignore[index]
            for kind, each in KINDS.items()
        }


def partitioned(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone() is not None


async def test_every_read_gives_the_same_wherever_the_rows_lie(database: str, tmp_path: Path) -> None:
    await asyncio.to_thread(carried, database, tmp_path, BATCHES)
    folder = tmp_path / "archive"
    before = await answers(database, folder)
    assert len(before["trades"]) == COUNT
    assert len(before["7m"]) > 100
    total = in_database(database)
    for kinds in (("trades",), ("quotes", "values"), ("bars",), ("signals",)):
        done = await asyncio.to_thread(moved, database, folder, 1, kinds)
        assert {step.kind for step in done} | (_WEEKLY if partitioned(database) else set()) >= set(kinds)
        after = await answers(database, folder)
        for name in before:
            assert after[name] == before[name], name
    left = in_database(database)
    listed = pl.scan_parquet(folder / "trades/*/*.parquet").collect()
    assert 0 < left["trades"] == total["trades"] - len(listed) < total["trades"] // 2
    await asyncio.to_thread(moved, database, folder, 0)
    assert await answers(database, folder) == before


_WEEKLY = {"bars", "signals"}  # their chunks are of seven days, and these rows' may reach beyond


def test_polars_and_duckdb_read_the_files_as_they_are(database: str, tmp_path: Path) -> None:
    carried(database, tmp_path, BATCHES)
    moved(database, tmp_path / "archive", 0)
    files = f"{tmp_path}/archive/trades/*/*.parquet"
    asked = f"SELECT date, count(*), min(ts_event) FROM '{files}' GROUP BY 1 ORDER BY 1"
    with duckdb.connect() as connection:
        counted = connection.execute(asked).fetchall()
    assert sum(row[1] for row in counted) == COUNT - in_database(database)["trades"]
    assert all(str(day) == f"{first.astimezone(UTC):%Y-%m-%d}" for day, _, first in counted)
    trades = pl.read_parquet(files)
    stored = {(NAMES[row["symbol"]], row["seq"].item()): row["price"].item() for row in BATCHES[0]}
    assert len(trades) > 0
    assert all(stored[symbol, seq] == price for symbol, seq, price in trades.select("symbol", "seq", "price").rows())
    assert trades.schema["ts_event"] == pl.Datetime("ns", "UTC")


def test_rows_that_come_for_a_day_that_was_moved_become_another_file(database: str, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    carried(database, tmp_path, [BATCHES[0]])
    first = moved(database, folder, kinds=("trades",))
    carried(database, tmp_path, [spread(TRADE, first=1_000, seed=1)])
    with Frames(database, archive=folder) as frames:
        assert len(frames.trades()) == 2 * COUNT
        second = moved(database, folder, kinds=("trades",))
        assert [step.path.replace("-2.parquet", "-1.parquet") for step in second] == [step.path for step in first]
        found = frames.trades()
    assert len(found) == 2 * COUNT
    assert found["ts_event"].is_sorted()
    assert moved(database, folder, kinds=("trades",)) == []


class Interrupted(Mover):
    """Rows come for a day between its file and its transaction, once."""

    late: ClassVar[list[Batch]] = []
    url, root = "", Path()

    def _listed(self, unit: Unit, written: Any, rows: int) -> bool:
        if self.late:
            carried(self.url, self.root, [self.late.pop()])
        return super()._listed(unit, written, rows)


def test_rows_that_come_while_a_day_is_moved_are_moved_too(database: str, tmp_path: Path) -> None:
    carried(database, tmp_path, [BATCHES[0]])
    Interrupted.late, Interrupted.url, Interrupted.root = [spread(TRADE, first=1_000, seed=1)], database, tmp_path
    with Interrupted(database, tmp_path / "archive") as mover:
        for unit in mover.due("trades", midnight(NOW, 0)):
            mover.move(unit)
    with Frames(database, archive=tmp_path / "archive") as frames:
        trades = frames.trades()
    assert len(trades) == 2 * COUNT == trades.select("symbol", "seq").n_unique()


class Overtaken(History):
    """Rows are moved behind a query, and another reader learns of it first."""

    url, folder = "", Path()
    kinds: ClassVar[list[str]] = []

    async def _all(self, name: str, given: dict[str, Any]) -> list[dict[str, Any]]:
        found = await super()._all(name, given)
        if self.kinds and name == self.kinds[-1]:
            kind = self.kinds.pop()
            await asyncio.to_thread(moved, self.url, self.folder, 0, (kind,))
            assert len((await self.page(self.ask(kind, NAMES, (0, None), 1_000))).rows) == COUNT
        return found


async def test_a_reader_that_was_overtaken_gives_no_row_twice(database: str, tmp_path: Path) -> None:
    await asyncio.to_thread(carried, database, tmp_path, BATCHES)
    history = Overtaken(database, tmp_path / "archive")
    Overtaken.url, Overtaken.folder, Overtaken.kinds = database, tmp_path / "archive", ["trades"]
    await history.open()
    try:
        rows = (await history.page(history.ask("trades", NAMES, (0, None), 1_000))).rows
    finally:
        await history.close()
    assert len(rows) == COUNT == len({(row["symbol"], row["seq"]) for row in rows})


def test_one_at_a_time(database: str, tmp_path: Path) -> None:
    with Mover(database, tmp_path), pytest.raises(Unavailable, match="another `candela archive` or"):
        moved(database, tmp_path)


def test_a_folder_that_is_not_there_or_full_is_said_and_nothing_is_deleted(database: str, tmp_path: Path) -> None:
    carried(database, tmp_path, BATCHES)
    before = in_database(database)
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match=r"cannot write .*file.*; nothing was deleted"):
        moved(database, tmp_path / "file")
    assert in_database(database) == before
    moved(database, tmp_path / "archive")
    with Frames(database) as frames, pytest.raises(Unavailable, match=r"in the archive .*whose folder was not given"):
        frames.trades()
    with Frames(database, archive=tmp_path / "elsewhere") as frames:
        assert len(frames.trades(start=T0 + DAYS * DAY - DAY // 2)) > 0  # what is not there is not needed for this
        with pytest.raises(Unavailable, match=r"mount its folder, or set archive\.folder"):
            frames.trades()


def test_two_databases_may_share_a_folder(database: str, empty_database: str, tmp_path: Path) -> None:
    folder, mine = tmp_path / "archive", [BATCHES[0]]
    for name, url in (("1", database), ("2", empty_database)):
        carried(url, tmp_path / name, mine)
    moved(database, folder, 0)
    unlisted = next(folder.rglob("*.parquet"))
    begun = unlisted.with_name("theirs-1.parquet.partial")  # of a run that was killed behind its transaction
    begun.write_bytes(unlisted.read_bytes())
    moved(empty_database, folder, 0)
    for url in (database, empty_database):
        with Frames(url, archive=folder) as frames:
            assert len(frames.trades()) == COUNT
    assert begun.exists()


def test_what_is_too_old_is_deleted_wherever_it_is(database: str, tmp_path: Path) -> None:
    folder, done = tmp_path / "archive", list[Done]()
    carried(database, tmp_path, BATCHES)
    moved(database, folder, 3, ("trades",))
    with Frames(database, archive=folder) as frames:
        assert len(frames.trades()) == COUNT
        kept_up(database, folder, archive={}, retention={"trades": 1}, said=done.append, now=NOW)
        left = frames.trades()
    cut = midnight(NOW, 1)
    assert sum(step.rows for step in done) == COUNT - len(left)
    assert left["ts_event"].min() >= cut  # type: ignore[operator]
    assert len(left) == (BATCHES[0]["ts_event"] >= int(cut.timestamp()) * SECOND).sum()
    assert list(folder.rglob("*.parquet*")) == []
    assert in_database(database)["quotes"] == COUNT


def test_a_file_that_cannot_be_seen_is_not_forgotten(database: str, tmp_path: Path) -> None:
    carried(database, tmp_path, BATCHES)
    moved(database, tmp_path / "archive", 2, ("trades",))
    given: dict[str, Any] = {"archive": {}, "retention": {"trades": 1}, "said": print, "now": NOW}
    with pytest.raises(Unavailable, match=r"cannot delete .*: mount its folder"):
        kept_up(database, tmp_path / "elsewhere", **given)
    kept_up(database, tmp_path / "archive", **given)
    assert list(tmp_path.rglob("*.parquet*")) == []
