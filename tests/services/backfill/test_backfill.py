"""Backfills of real databases: a stream with holes and its history make what the stream without holes would have."""

import asyncio
from pathlib import Path

import numpy as np
import psycopg
import pytest

from core.events import SECOND, Batch
from core.history import History
from core.ids import last_numbers
from core.ports import Catalogue
from feeds.simulated import default_symbols
from services.backfill.tally import UNTOLD
from tests.services.backfill.made import (
    BARS,
    COUNT,
    LATER,
    MIDNIGHT,
    SOURCE,
    TICKS,
    TIMEFRAMES,
    all_rows,
    compress,
    few,
    history,
    holes,
    lived,
    merge,
    note_gap,
    read,
)


@pytest.mark.parametrize("seed", range(4))
def test_a_stream_with_holes_and_its_history_make_the_stream_without_holes(
    database: str, empty_database: str, tmp_path: Path, kernels: Path, seed: int
) -> None:
    trades = history(seed)
    lost = holes(trades, seed)
    lived(database, tmp_path / "whole", kernels, trades)
    lived(empty_database, tmp_path / "holed", kernels, trades[~lost])
    if seed % 2:
        compress(empty_database)
    before = {row[:5]: row[5:] for row in read(empty_database, f"{BARS}, quality, seq, ts_recv", "market_bars")}
    done = merge(empty_database, tmp_path, kernels, [trades])

    assert read(empty_database, TICKS, "market_trades") == read(database, TICKS, "market_trades")
    assert read(empty_database, BARS, "market_bars") == read(database, BARS, "market_bars")
    after = {row[:5]: row[5:] for row in read(empty_database, f"{BARS}, quality, seq, ts_recv", "market_bars")}
    changed = {key for key, row in before.items() if after[key][:7] != row[:7]}
    new = after.keys() - before.keys()
    assert len(changed) > 50
    assert {seconds for _, seconds, *_ in changed} == {1, 5, 60, 3600, 86400}
    for key, row in after.items():
        if key in new:
            assert row[7] == "backfilled"
            assert row[8] < 0
        elif key in changed:
            assert row[7:] == ("corrected", *before[key][8:])
        else:
            assert row == before[key]
    was = {row[:5]: row[5:] for row in read(empty_database, f"{BARS}, quality, seq, ts_recv", "market_corrections")}
    assert was.keys() == changed | new
    for key, row in was.items():
        assert row == (before[key] if key in changed else (*[None] * 8, after[key][8], None))
    tallies = done.symbols.values()
    assert sum(each.inserted for each in tallies) == lost.sum() > 100
    assert (sum(each.bars_corrected for each in tallies), sum(each.bars_new for each in tallies)) == (
        len(changed),
        len(new),
    )
    for each in tallies:
        assert each.trades == each.known + each.inserted + each.refused + each.later + each.outside
    twice(empty_database, tmp_path, kernels, trades)


def twice(url: str, folder: Path, kernels: Path, trades: Batch) -> None:
    """Once more changes nothing."""
    rows = all_rows(url)
    again = merge(url, folder, kernels, [trades])
    assert all_rows(url) == rows
    for each in again.symbols.values():
        assert (each.inserted, each.bars_corrected, each.bars_new, each.withdrawn) == (0, 0, 0, 0)
        assert each.known + each.later == each.trades


def ids(url: str, symbol: str = "AAPL") -> list[int]:
    return [row[0] for row in read(url, "trade_id", "market_trades", f"WHERE symbol = '{symbol}'")]


def test_merged_rows_are_numbered_below_zero_and_rise_with_time(database: str, tmp_path: Path, kernels: Path) -> None:
    trades = history(7)
    lost = holes(trades, 7)
    lived(database, tmp_path, kernels, trades[~lost])
    merge(database, tmp_path, kernels, [trades], end=MIDNIGHT - 8 * SECOND)
    below = "WHERE seq < 0"
    first = set(read(database, "symbol, ts_event, seq", "market_trades", below))
    merge(database, tmp_path, kernels, [trades])
    then = set(read(database, "symbol, ts_event, seq", "market_trades", below)) - first
    assert len(first) > 10
    assert len(then) > 100
    for symbol in default_symbols(COUNT):
        runs = [[seq for name, _, seq in sorted(run) if name == symbol] for run in (then, first)]
        for numbers in runs:
            assert numbers == sorted(numbers)
        assert sorted(runs[0] + runs[1]) == runs[0] + runs[1] == list(range(-len(runs[0] + runs[1]), 0))
    with psycopg.connect(database) as connection:
        ask = "SELECT count(*) - count(DISTINCT (symbol_id, timeframe, seq)) FROM bars"
        assert connection.execute(ask).fetchone() == (0,)


async def test_numbers_of_the_stream_and_pages_of_reads_are_not_disturbed(
    database: str, tmp_path: Path, kernels: Path
) -> None:
    trades = history(8)
    lost = holes(trades, 8)
    catalogue = Catalogue(SOURCE, tuple(default_symbols(COUNT)), TIMEFRAMES)
    await asyncio.to_thread(lived, database, tmp_path, kernels, trades[~lost])
    before = last_numbers(database, catalogue)
    newest = read(database, "symbol, max(seq)", "market_trades", "GROUP BY 1")
    await asyncio.to_thread(merge, database, tmp_path, kernels, [trades])
    assert last_numbers(database, catalogue) == before
    assert read(database, "symbol, max(seq)", "market_trades", "GROUP BY 1") == newest
    reads = History(database)
    await reads.open()
    try:
        for row in await reads.last_trades():
            own = trades[trades["symbol"] == default_symbols(COUNT).index(row["symbol"])]
            assert row["ts_event"] == own["ts_event"].max()
        seen: list[tuple[int, str, int]] = []
        cursor = None
        while True:
            page = await reads.bars(default_symbols(COUNT), "1s", start=0, limit=7, cursor=cursor)
            seen += [(row["ts_event"], row["symbol"], row["seq"]) for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
    finally:
        await reads.close()
    assert len(seen) == len(set(seen)) == len(read(database, "seq", "market_bars", "WHERE seconds = 1"))
    assert seen == sorted(seen)
    assert min(seq for *_, seq in seen) < 0


def test_a_history_without_ids_fills_a_stretch_without_trades_once(
    database: str, tmp_path: Path, kernels: Path
) -> None:
    lived(database, tmp_path, kernels, few((1, 1, 10.0), LATER))
    found = few((5, 0, 11.0), (5, 0, 11.0), (6, 0, 12.0))  # two of them equal in every column
    done = merge(database, tmp_path, kernels, [found])
    assert (done.symbols["AAPL"].inserted, ids(database)) == (3, [0, 0, 0, 1, 900])
    again = merge(database, tmp_path, kernels, [found])
    assert (again.symbols["AAPL"].known, again.symbols["AAPL"].inserted, again.refused[UNTOLD]) == (3, 0, 0)
    assert ids(database) == [0, 0, 0, 1, 900]


@pytest.mark.parametrize("without", ["history", "store"])
def test_where_trades_cannot_be_told_from_stored_ones_only_noted_gaps_without_trades_are_filled(
    database: str, tmp_path: Path, kernels: Path, without: str
) -> None:
    nobody, there = (0, 1) if without == "history" else (1, 0)
    lived(database, tmp_path, kernels, few((1, there, 10.0), (9, there, 10.0), LATER))
    found = few((1, 7 * nobody, 10.0), (5, 8 * nobody, 11.0), (6, 9 * nobody, 12.0), (9, 10 * nobody, 10.0))
    done = merge(database, tmp_path, kernels, [found], start=MIDNIGHT, end=MIDNIGHT + 20 * SECOND)
    assert (done.symbols["AAPL"].inserted, done.refused[UNTOLD]) == (0, 4)
    hole = MIDNIGHT + 4 * SECOND, MIDNIGHT + 6 * SECOND
    note_gap(database, *hole)
    note_gap(database, MIDNIGHT + 8 * SECOND, MIDNIGHT + 10 * SECOND)  # something is stored in it: it stays
    for inserted, known in ((1, 0), (0, 1)):
        done = merge(database, tmp_path, kernels, [found], start=MIDNIGHT, end=MIDNIGHT + 20 * SECOND)
        tally = done.symbols["AAPL"]
        assert (tally.inserted, tally.known, tally.refused, done.refused[UNTOLD]) == (inserted, known, 3, 3)
        assert read(database, "from_ts, to_ts, reason, backfill, rows", "market_gaps") == [
            (*hole, "lost", "done", 1), (MIDNIGHT + 8 * SECOND, MIDNIGHT + 10 * SECOND, "lost", "pending", 0),
        ]  # fmt: skip


def test_gaps_that_are_filled_are_done_and_what_is_left_of_them_is_not(
    database: str, tmp_path: Path, kernels: Path
) -> None:
    lived(database, tmp_path, kernels, few((-19, 1, 10.0), (2, 2, 10.0), LATER))
    note_gap(database, MIDNIGHT - 18 * SECOND, MIDNIGHT + 8 * SECOND)
    found = few((-10, 11, 1.0), (-9, 12, 2.0), (1, 13, 3.0), (2, 2, 10.0), (20, 14, 4.0))
    merge(database, tmp_path, kernels, [found], start=MIDNIGHT - 12 * SECOND, end=MIDNIGHT + 4 * SECOND)
    rows = [
        (MIDNIGHT - 18 * SECOND, MIDNIGHT - 12 * SECOND, "lost", "pending", 0),
        (MIDNIGHT - 12 * SECOND, MIDNIGHT, "lost", "done", 2),
        (MIDNIGHT, MIDNIGHT + 4 * SECOND, "lost", "done", 1),
        (MIDNIGHT + 4 * SECOND, MIDNIGHT + 8 * SECOND, "lost", "pending", 0),
    ]
    assert read(database, "from_ts, to_ts, reason, backfill, rows", "market_gaps") == rows
    merge(database, tmp_path, kernels, [found], start=MIDNIGHT, end=MIDNIGHT + 30 * SECOND)
    rows[3:] = [
        (MIDNIGHT, MIDNIGHT + 30 * SECOND, "backfill", "done", 1),
        (MIDNIGHT + 4 * SECOND, MIDNIGHT + 8 * SECOND, "lost", "done", 0),
    ]
    assert read(database, "from_ts, to_ts, reason, backfill, rows", "market_gaps") == sorted(rows)
    assert ids(database) == [1, 2, 11, 12, 13, 14, 900]


def test_what_the_stream_may_still_bring_waits_and_its_bars_are_corrected_when_they_are_closed(
    database: str, tmp_path: Path, kernels: Path
) -> None:
    lived(database, tmp_path / "1", kernels, few((-19, 1, 10.0), (1, 2, 10.0), (15, 3, 10.0)))
    found = few((1, 2, 10.0), (2, 4, 99.0), (12, 5, 98.0))  # the last is within five seconds of what is stored
    tally = merge(database, tmp_path, kernels, [found]).symbols["AAPL"]
    assert (tally.known, tally.inserted, tally.later) == (1, 1, 1)
    assert (tally.bars_new, tally.bars_corrected, tally.bars_waiting) == (1, 1, 3)  # minute, hour and day are not over
    lived(database, tmp_path / "2", kernels, few((16, 6, 10.0), (70, 7, 10.0)))  # a market process that was restarted
    minute = f"WHERE seconds = 60 AND ts_open = {MIDNIGHT}"
    tally = merge(database, tmp_path, kernels, [found[:2]]).symbols["AAPL"]  # nothing to insert: the minute is over
    assert (tally.known, tally.inserted, tally.bars_corrected, tally.bars_waiting) == (2, 0, 1, 2)
    assert read(database, "high, trades, quality", "market_bars", minute) == [(99.0, 4, "corrected")]
    tally = merge(database, tmp_path, kernels, [found]).symbols["AAPL"]
    assert (tally.known, tally.inserted, tally.later, tally.bars_waiting) == (2, 1, 0, 2)
    assert read(database, "high, trades, quality", "market_bars", minute) == [(99.0, 5, "corrected")]
    was = [(10.0, 1, "complete"), (99.0, 4, "corrected")]
    assert read(database, "high, trades, quality", "market_corrections", minute) == was


def test_a_merged_trade_that_the_stream_brought_after_all_is_there_once(
    database: str, tmp_path: Path, kernels: Path
) -> None:
    lived(database, tmp_path / "1", kernels, few((1, 1, 10.0), (30, 2, 10.0)))
    found = few((1, 1, 10.0), (2, 3, 44.0))
    merge(database, tmp_path, kernels, [found])
    lived(database, tmp_path / "2", kernels, few((2, 3, 44.0), LATER))
    assert ids(database) == [1, 2, 3, 3, 900]
    done = merge(database, tmp_path, kernels, [found])
    assert (done.symbols["AAPL"].withdrawn, done.symbols["AAPL"].inserted) == (1, 0)
    assert ids(database) == [1, 2, 3, 900]
    twice(database, tmp_path, kernels, found)


def test_rows_that_are_none_are_refused_by_name(database: str, tmp_path: Path, kernels: Path) -> None:
    lived(database, tmp_path, kernels, few((1, 1, 10.0), LATER))
    found = few((2, 2, np.nan), (3, 3, -1.0), (4, 4, 10.0), (5, 5, 10.0), (6, 6, 10.0))
    found["size"][3], found["ts_event"][4] = -1.0, 0
    nameless = few((7, 7, 10.0), symbol=-1)
    done = merge(database, tmp_path, kernels, [found, nameless])
    assert dict(done.refused) == {"bad_price": 2, "bad_size": 1, "bad_time": 1, "unknown_symbol": 1}
    tally = done.symbols["AAPL"]
    assert (tally.trades, tally.refused, tally.inserted) == (5, 4, 1)
    assert done.symbols[""].refused == 1
    assert ids(database) == [1, 4, 900]
