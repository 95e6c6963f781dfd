"""Backfills beside others: a stream that goes on, another backfill, an archive; and what they refuse to begin."""

import threading
from pathlib import Path

import numpy as np
import psycopg
import pytest

from core.errors import BadInput, StoreDown
from core.events import BAR, QUOTE, SECOND, TRADE
from core.schema import query
from services.backfill.merging import Bars
from services.backfill.stored import Stored
from services.backfill.tally import ARCHIVED
from tests.services.backfill.made import LATER, MIDNIGHT, all_rows, few, history, holes, lived, merge, note_gap, read


def test_a_stream_is_stored_while_a_backfill_has_not_committed(database: str, tmp_path: Path, kernels: Path) -> None:
    lived(database, tmp_path / "1", kernels, few((1, 1, 10.0), LATER))
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        ((symbol_id,),) = cursor.execute("SELECT id FROM symbols WHERE symbol = 'AAPL'").fetchall()
        stored = Stored(cursor, "live", "AAPL", symbol_id)
        stored.add_trades(few((2, 2, 11.0)))
        before = stored.bars((MIDNIGHT, MIDNIGHT + 10 * SECOND), [0, 1])
        stored.change_bars(Bars(before[:0], before, before, 0))
        stored.note((MIDNIGHT, MIDNIGHT + SECOND), 1)
        lived(database, tmp_path / "2", kernels, few((41, 901, 10.0), (44, 902, 10.0)))  # hangs if it must wait
        assert len(read(database, "seq", "market_trades")) == 4
    assert len(read(database, "seq", "market_trades")) == 5
    assert len(before) == 2


def test_two_backfills_wait_for_each_other(database: str, tmp_path: Path, kernels: Path) -> None:
    lived(database, tmp_path, kernels, few((1, 1, 10.0), LATER))
    waiting = threading.Event()

    def report(doing: str, done: int, total: int) -> None:
        if doing == "waiting for another backfill or archive":
            waiting.set()

    found = [few((1, 1, 10.0), (2, 2, 11.0))]
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(query("old_rows_lock"))
        second = threading.Thread(target=merge, args=(database, tmp_path, kernels, found), kwargs={"report": report})
        second.start()
        assert waiting.wait(30)
        assert len(read(database, "seq", "market_trades")) == 2
    second.join(30)
    assert len(read(database, "seq", "market_trades")) == 3


def test_one_that_was_stopped_goes_on_where_it_was(database: str, tmp_path: Path, kernels: Path) -> None:
    trades = history(3)
    lost = holes(trades, 3)
    lived(database, tmp_path, kernels, trades[~lost])
    stop = threading.Event()

    def report(doing: str, done: int, total: int) -> None:
        if doing.startswith("merging") and done == 3:
            stop.set()

    first = merge(database, tmp_path, kernels, [trades], report=report, stop=stop)
    assert first.stopped
    inserted = sum(each.inserted for each in first.symbols.values())
    assert 0 < inserted < lost.sum()
    second = merge(database, tmp_path, kernels, [trades])
    assert sum(each.inserted for each in second.symbols.values()) == lost.sum() - inserted


def test_a_dry_run_says_the_same_and_writes_nothing(database: str, tmp_path: Path, kernels: Path) -> None:
    trades = history(4)
    lived(database, tmp_path, kernels, trades[~holes(trades, 4) & (trades["symbol"] < 3)])  # one symbol is new
    rows = all_rows(database)
    said = merge(database, tmp_path, kernels, [trades], dry_run=True)
    assert all_rows(database) == rows
    assert merge(database, tmp_path, kernels, [trades]) == said
    assert sum(each.inserted for each in said.symbols.values()) > 100
    assert all_rows(database) != rows


def test_what_was_moved_into_the_archive_is_not_merged_again(database: str, tmp_path: Path, kernels: Path) -> None:
    lived(database, tmp_path, kernels, few((1, 1, 10.0), LATER))
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO archived (kind, path, rows, bytes, first_event, last_event)"
            " VALUES ('trades', 'x', 1, 1, %s, %s)",
            [MIDNIGHT - 10 * SECOND, MIDNIGHT - 1],
        )
    done = merge(database, tmp_path, kernels, [few((-5, 3, 10.0), (2, 2, 11.0))])
    assert (done.symbols["AAPL"].inserted, done.symbols["AAPL"].refused, done.refused[ARCHIVED]) == (1, 1, 1)
    assert len(read(database, "seq", "market_trades")) == 3


def test_a_source_of_which_only_quotes_came_is_settled_by_them(database: str, tmp_path: Path, kernels: Path) -> None:
    quotes = np.zeros(2, dtype=QUOTE)
    quotes["ts_event"] = quotes["ts_recv"] = few((1, 0, 0.0), (30, 0, 0.0))["ts_event"]
    quotes["bid"] = quotes["ask"] = 1.0
    lived(database, tmp_path, kernels, quotes)
    tally = merge(database, tmp_path, kernels, [few((2, 2, 11.0), (29, 3, 11.0))]).symbols["AAPL"]
    assert (tally.inserted, tally.later, tally.bars_new) == (1, 1, 0)  # no bar was ever made for it


def test_what_cannot_be_begun_is_said(database: str, tmp_path: Path, kernels: Path) -> None:
    found = few((2, 2, 11.0))
    with pytest.raises(BadInput, match=r"source that something is stored of \(there is none yet\), found 'live'"):
        merge(database, tmp_path, kernels, [found])
    lived(database, tmp_path, kernels, few((1, 1, 10.0), LATER))
    with pytest.raises(BadInput, match=r"\(live\), found 'life', did you mean 'live'\?"):
        merge(database, tmp_path, kernels, [found], source="life")
    with pytest.raises(BadInput, match="expected trades to merge, found none"):
        merge(database, tmp_path, kernels, [np.zeros(1, dtype=QUOTE), np.zeros(1, dtype=BAR), np.zeros(0, dtype=TRADE)])
    with pytest.raises(BadInput, match="expected a start before the end"):
        merge(database, tmp_path, kernels, [found], start=2, end=2)
    with pytest.raises(StoreDown, match="cannot reach the database"):
        merge("postgresql://localhost:1/none?connect_timeout=1", tmp_path, kernels, [found])


def test_a_gap_of_a_symbol_whose_history_is_not_given_stays_one(database: str, tmp_path: Path, kernels: Path) -> None:
    both = np.concatenate([few((1, 1, 10.0), LATER), few((1, 1, 10.0), LATER, symbol=1)])
    lived(database, tmp_path, kernels, both[np.argsort(both["ts_event"], kind="stable")].astype(TRADE))
    for name in ("AAPL", "MSFT"):
        note_gap(database, MIDNIGHT + 2 * SECOND, MIDNIGHT + 9 * SECOND, symbol=name)
    wrong = few((5, 5, np.nan), symbol=1)
    merge(database, tmp_path, kernels, [few((1, 1, 10.0), (10, 2, 11.0)), wrong])
    assert read(database, "symbol, backfill", "market_gaps", "WHERE reason = 'lost'") == [
        ("AAPL", "done"), ("MSFT", "pending"),
    ]  # fmt: skip


def test_a_day_of_a_symbol_is_merged_whole_or_not_at_all(database: str, tmp_path: Path, kernels: Path) -> None:
    lived(database, tmp_path, kernels, few((1, 1, 10.0), LATER))
    rows, found = all_rows(database), few((1, 1, 10.0), (2, 2, 11.0), (3, 3, 12.0))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("ALTER TABLE corrections ADD CONSTRAINT never CHECK (seq = 0)")  # what is written last
        with pytest.raises(psycopg.errors.CheckViolation):
            merge(database, tmp_path, kernels, [found])
        assert all_rows(database) == rows
        connection.execute("ALTER TABLE corrections DROP CONSTRAINT never")
    assert merge(database, tmp_path, kernels, [found]).symbols["AAPL"].inserted == 2
