"""History against a real database."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from core.errors import BadInput, StoreDown
from core.events import BAR, SIGNAL, TRADE
from core.history import History
from core.ports import Page
from core.schema import query
from tests.core.made import CATALOGUE, T0, VALUES, carried, filled

NAMES = list(CATALOGUE.symbols)


@pytest.fixture
async def history(database: str, tmp_path: Path) -> AsyncIterator[History]:
    values = filled(VALUES, 300)
    values["ema_12"][:30] = np.nan
    batches = (filled(TRADE, 300), filled(BAR, 300), filled(SIGNAL, 300), values)
    await asyncio.to_thread(carried, database, tmp_path, batches)
    reads = History(database)
    await reads.open()
    yield reads
    await reads.close()


async def test_the_newest_rows_come_oldest_first(history: History) -> None:
    page = await history.bars(["AAPL"], "1m", limit=10)
    assert [row["seq"] for row in page.rows] == list(range(91, 101))
    assert page.next_cursor is None
    assert page.rows[0]["timeframe"] == "1m"
    assert set(page.rows[0]) >= {"open", "high", "low", "close", "volume", "vwap", "trades", "quality", "ts_open"}


@pytest.mark.parametrize("limit", [1, 7, 100, 299, 300])
async def test_pages_follow_each_other_without_a_hole_or_a_repeat(history: History, limit: int) -> None:
    async def bars(cursor: str | None) -> Page:
        return await history.bars(NAMES, "1m", start=0, limit=limit, cursor=cursor)

    async def signals(cursor: str | None) -> Page:
        return await history.signals([], start=0, limit=limit, cursor=cursor)

    async def values(cursor: str | None) -> Page:
        return await history.values("MSFT", "1m", start=0, limit=limit, cursor=cursor)

    for read, expected in ((bars, 300), (signals, 300), (values, 100)):
        seen, cursor = [], None
        while True:
            page = await read(cursor)
            seen += [(row["ts_event"], row["symbol"], row["seq"]) for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == expected
        assert seen == sorted(seen)


async def test_a_range_is_exact_to_the_nanosecond(history: History) -> None:
    start, end = T0 + 30 * 1_000_001, T0 + 60 * 1_000_001
    page = await history.bars(NAMES, "1m", start=start, end=end)
    assert [row["ts_event"] for row in page.rows] == [T0 + i * 1_000_001 for i in range(30, 60)]
    assert [row["ts_event"] for row in (await history.bars(NAMES, "1m", end=start, limit=3)).rows] == [
        T0 + i * 1_000_001 for i in range(27, 30)
    ]


async def test_values_are_grouped_by_bar_and_leave_out_what_is_warming_up(history: History) -> None:
    rows = (await history.values("AAPL", "1m", start=0)).rows
    assert set(rows[0]["values"]) == {"macd_line", "macd_signal"}
    assert set(rows[-1]["values"]) == {"ema_12", "macd_line", "macd_signal"}
    newest = (await history.values("AAPL", "1m", limit=5)).rows
    assert newest == rows[-5:]


async def test_signals_can_be_asked_by_symbol_and_strategy(history: History) -> None:
    assert len((await history.signals(["AAPL"], strategy="reversal")).rows) == 100
    assert (await history.signals(["AAPL"], strategy="crossover")).rows == []
    assert len((await history.signals()).rows) == 300


async def test_the_last_trade_is_the_newest(history: History) -> None:
    (trade,) = await history.last_trades(["BTC/USD", "NONE"])
    assert (trade["symbol"], trade["seq"]) == ("BTC/USD", 100)
    assert [(row["symbol"], row["seq"]) for row in await history.last_trades()] == [
        ("AAPL", 100), ("BTC/USD", 100), ("MSFT", 100),
    ]  # fmt: skip


async def test_the_last_trade_as_of_a_moment_is_the_one_before_it(history: History) -> None:
    tenth = T0 + 30 * 1_000_001  # AAPL's eleventh
    for end, seqs in ((tenth + 1, [11, 10, 10]), (tenth, [10, 10, 10]), (T0 + 1, [1]), (T0, [])):
        assert [row["seq"] for row in await history.last_trades(NAMES, end=end)] == seqs


async def test_two_sources_with_a_symbol_of_one_name_are_told_apart(
    history: History, database: str, tmp_path: Path
) -> None:
    batches = [filled(dtype, 30) for dtype in (TRADE, BAR, SIGNAL, VALUES)]
    await asyncio.to_thread(carried, database, tmp_path, batches, replace(CATALOGUE, source="other"))
    for source, count in (("test", 100), ("other", 10), ("", 110)):
        reads = history.of(source)
        for start in (0, None):
            pages = (
                await reads.bars(["AAPL"], "1m", start=start),
                await reads.values("AAPL", "1m", start=start),
                await reads.signals(["AAPL"], start=start),
            )
            for page in pages:
                assert len(page.rows) == count
                assert {row["source"] for row in page.rows} == ({source} if source else {"test", "other"})
    assert await history.of("none").has_symbols(["AAPL"]) == set()
    assert await history.of("none").last_trades(["AAPL"]) == []


async def test_symbols_are_known_or_not(history: History) -> None:
    assert {row["symbol"] for row in await history.symbols()} == set(NAMES)
    assert await history.has_symbols(["AAPL", "NONE"]) == {"AAPL"}


@pytest.mark.parametrize("cursor", ["?", "AAAA", "bm90IGpzb24", "W10"])
async def test_a_cursor_that_is_not_ours_is_answered_with_a_sentence(history: History, cursor: str) -> None:
    with pytest.raises(BadInput, match="expected the next_cursor of an earlier answer"):
        await history.bars(NAMES, "1m", cursor=cursor)


async def test_an_unknown_timeframe_is_answered_with_a_sentence(history: History) -> None:
    with pytest.raises(BadInput, match="expected a timeframe out of 1s"):
        await history.values("AAPL", "7m")
    with pytest.raises(BadInput, match=r"expected a timeframe such as 1m: .*found '7 minutes'"):
        await history.bars(NAMES, "7 minutes")


async def test_a_database_that_is_gone_is_said_within_seconds() -> None:
    history = History("postgresql://localhost:1/none?connect_timeout=1")
    await history.open()
    try:
        with pytest.raises(StoreDown, match="does not answer"):
            await history.ping()
    finally:
        await history.close()


async def test_a_database_without_our_tables_is_said(empty_database: str) -> None:
    history = History(empty_database)
    await history.open()
    try:
        with pytest.raises(StoreDown, match="of an earlier version, or empty"):
            await history.bars(NAMES, "1m")
    finally:
        await history.close()


async def test_every_named_query_runs(history: History, database: str) -> None:
    text = (files("core") / "sql/queries.sql").read_text()
    names = [line.split()[-1] for line in text.splitlines() if line.startswith("-- name: ")]
    assert len(names) == len(set(names)) > 15
    several = (
        "names",
        "channels",
        "symbol_ids",
        "seqs",
        "symbols",
        "timeframes",
        "closes",
        "begins",
        "ends",
        "reasons",
        "backfills",
        "filled",
        "times",
        "strategy_ids",
    )
    lists: dict[str, object] = {key: [] for key in several}
    words = ("source", "symbol", "strategy", "after_symbol", "after_source", "timeframe", "kind", "path", "channel")
    counts = ("seconds", "start", "end", "limit", "after_ts", "after_seq", "position", "rows", "origin", "bytes")
    texts, numbers = dict.fromkeys(words, ""), dict.fromkeys((*counts, "first", "last", "id", "symbol_id"), 1)
    given = {**lists, **texts, **numbers, "stream": uuid.uuid4(), "from": "yesterday", "to": "now", "table": "ticks"}
    extension = {"hypertable", "chunks", "drop_chunks"}
    with psycopg.connect(database) as connection:
        partitioned = connection.execute(query("timescale_installed")).fetchone() is not None
        for name in names:
            if name not in extension or partitioned:
                connection.execute(SQL(query(name)).format(table=Identifier("ticks")), given)
