"""Frames against a real database: what was stored is what a frame holds, in order, and nothing else."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import psycopg
import pytest

from core.errors import BadInput, StoreDown
from core.events import BAR, QUALITIES, QUOTE, TRADE, Batch
from core.frames import Frames
from tests.core.made import CATALOGUE, T0, carried, filled

TRADES, QUOTES, BARS = filled(TRADE, 300), filled(QUOTE, 300), filled(BAR, 300)
STEP = 1_000_001
ALL = (("trades", TRADES), ("quotes", QUOTES), ("bars", BARS))


def read(frames: Frames, what: str, *symbols: str, **given: object) -> pl.DataFrame:
    args = (symbols, "1m") if what == "bars" else (symbols,)
    frame = getattr(frames, what)(*args, **given)
    assert isinstance(frame, pl.DataFrame)
    return frame


@pytest.fixture
def frames(database: str, tmp_path: Path) -> Iterator[Frames]:
    carried(database, tmp_path, (TRADES, QUOTES, BARS))
    with Frames(database) as opened:
        yield opened


@pytest.mark.parametrize(("what", "batch"), ALL, ids=[what for what, _ in ALL])
def test_every_column_of_every_row_is_what_was_stored(frames: Frames, what: str, batch: Batch) -> None:
    frame = read(frames, what, more=("ts_recv", "trade_id") if what == "trades" else ("ts_recv",))
    assert len(frame) == len(batch)
    assert frame["symbol"].to_list() == [CATALOGUE.symbols[i] for i in batch["symbol"]]
    assert set(frame["source"]) == {CATALOGUE.source}
    if what == "bars":
        assert frame["quality"].to_list() == [QUALITIES[i] for i in batch["quality"]]
    names = set(frame.columns) - {"source", "symbol", "quality"}
    assert names == set(batch.dtype.names or ()) - {"symbol", "quality", "timeframe", "origin", "closed"}
    for name in names:
        numbers = frame[name].to_physical().to_numpy()
        assert numbers.tolist() == batch[name].tolist(), name
        assert (frame.schema[name] == pl.Datetime("ns", "UTC")) == name.startswith("ts_")


@pytest.mark.parametrize("what", [what for what, _ in ALL])
def test_a_range_is_exact_to_the_nanosecond(frames: Frames, what: str) -> None:
    start, end = T0 + 30 * STEP, T0 + 60 * STEP
    for first, last, rows in ((start, end, 30), (start + 1, end, 29), (start, end + 1, 31), (end, start, 0)):
        assert len(read(frames, what, start=first, end=last)) == rows
    assert len(read(frames, what, start=start)) == 270
    assert len(read(frames, what, end=end)) == 60
    assert read(frames, what, end=0).schema == read(frames, what).schema


def test_rows_come_in_order_whatever_the_order_they_were_stored_in(database: str, tmp_path: Path) -> None:
    shuffled = TRADES.copy()
    shuffled["ts_event"] = T0 + np.random.default_rng(3).integers(0, 40, 300)  # many at the same nanosecond
    carried(database, tmp_path, (shuffled,))
    with Frames(database) as frames:
        frame = frames.trades()
    names = np.array(CATALOGUE.symbols)[shuffled["symbol"]]
    order = np.lexsort((shuffled["seq"], names, shuffled["ts_event"]))
    assert frame["seq"].to_list() == shuffled["seq"][order].tolist()
    assert frame["symbol"].to_list() == [CATALOGUE.symbols[i] for i in shuffled["symbol"][order]]


async def test_symbols_and_sources_are_told_apart(frames: Frames, database: str, tmp_path: Path) -> None:
    await asyncio.to_thread(carried, database, tmp_path, (filled(TRADE, 30),), replace(CATALOGUE, source="other"))
    assert len(frames.trades(["AAPL"])) == 110
    assert len(frames.trades(["AAPL", "MSFT"])) == 220
    assert len(frames.trades(["NONE", "it's"])) == 0
    with Frames(database, "other") as other:
        assert len(other.trades()) == 30
        assert set(other.trades(["AAPL"])["source"]) == {"other"}
    with Frames(database, "none") as nobody:
        assert len(nobody.trades()) == 0


def test_wrong_names_are_answered_with_a_sentence(frames: Frames) -> None:
    with pytest.raises(BadInput, match="expected more columns out of ts_recv, trade_id; found price"):
        frames.trades(more=["price"])
    with pytest.raises(BadInput, match=r"expected a timeframe such as 1m: .*found '7x'"):
        frames.bars([], "7x")
    with pytest.raises(BadInput, match="expected an origin out of engine, venue; found 'mars'"):
        frames.bars([], "1m", origin="mars")


def test_a_connection_that_was_lost_is_made_again(frames: Frames, database: str) -> None:
    assert len(frames.trades()) == 300
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                           " AND datname = current_database()")  # fmt: skip
    assert len(frames.trades()) == 300


def test_a_database_without_our_tables_is_said(empty_database: str) -> None:
    with Frames(empty_database) as frames:
        for _ in range(2):
            with pytest.raises(StoreDown, match=r"cannot read from the database: .*symbols"):
                frames.trades()


def test_a_database_that_is_gone_is_said() -> None:
    with pytest.raises(StoreDown, match=r"cannot read from the database: .*refused"):
        Frames("postgresql://localhost:1/none?connect_timeout=1").trades()
