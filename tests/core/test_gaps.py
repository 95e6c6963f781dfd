"""Gaps: what is made while trades are missing says so, and what was made before it was known is marked."""

from pathlib import Path

import psycopg
import pytest

from core.engine import Engine
from core.events import (
    BAR,
    COMPLETE,
    GAP,
    MISSED,
    NEVER,
    PARTIAL,
    SECOND,
    SIGNAL,
    SILENT,
    TIME,
    TRADE,
    Batch,
    Symbols,
    rows,
    tally,
)
from indicators import ema
from strategies import crossover
from tests.core.made import T0, begun, ended, filled, put, storing


@pytest.fixture
def engine(kernels: Path) -> Engine:
    return Engine(Symbols(("A", "B"), source="test"), ("1s", "5s"), (ema(3), crossover(1, 2)), kernels)


def trade(second: float, price: float, symbol: int = 0) -> Batch:
    ts = T0 + int(second * SECOND)
    return rows(TRADE, [(ts, ts, 0, int(second * 1000), price, 1.0, symbol, 0)])


def missed(start: float, end: float | None, symbol: int = 0, channel: int = 0) -> Batch:
    to = NEVER if end is None else T0 + int(end * SECOND)
    now = T0 + int((start if end is None else end) * SECOND)
    return rows(MISSED, [(now, now, 0, T0 + int(start * SECOND), to, symbol, channel, SILENT, 0, 0)])


def run(engine: Engine, *batches: Batch) -> list[Batch]:
    return [out for batch in batches for out in engine(batch)]


def qualities(found: list[Batch], symbol: int = 0, timeframe: int = 0) -> list[tuple[float, int]]:
    """Each bar's begin in seconds, and its quality."""
    bars = [row for batch in found if batch.dtype is BAR for row in batch]
    return [
        ((int(row["ts_open"]) - T0) / SECOND, int(row["quality"]))
        for row in bars
        if row["symbol"] == symbol and row["timeframe"] == timeframe
    ]


def test_bars_that_touch_a_gap_are_marked_and_no_others(engine: Engine) -> None:
    found = run(
        engine,
        rows(TIME, [(T0, T0)]),
        *(trade(second, 10 + second, symbol) for second in (0.5, 1.5, 2.2) for symbol in (0, 1)),
        missed(2.3, None),
        trade(2.4, 20.0, 1),
        missed(2.3, 5.5),
        *(trade(second, 10 + second, symbol) for second in (5.7, 6.5, 7.5, 11) for symbol in (0, 1)),
    )
    assert qualities(found) == [(0, COMPLETE), (1, COMPLETE), (2, GAP), (5, GAP), (6, COMPLETE), (7, COMPLETE)]
    assert qualities(found, symbol=1) == [(second, COMPLETE) for second in (0, 1, 2, 5, 6, 7)]
    assert qualities(found, timeframe=3 - 2) == [(0, GAP), (5, GAP)]


def test_a_bar_that_closes_during_a_gap_without_an_end_is_marked(engine: Engine) -> None:
    found = run(engine, rows(TIME, [(T0, T0)]), trade(0.5, 10.0), missed(0.6, None), rows(TIME, [(T0 + SECOND, 0)]))
    assert qualities(found) == [(0, GAP)]


def test_what_is_made_at_the_bars_close_carries_its_quality(engine: Engine) -> None:
    prices = [*(30.0 - i for i in range(20)), 60.0, 61.0, 62.0]
    found = run(engine, rows(TIME, [(T0, T0)]), *(trade(i + 0.5, price) for i, price in enumerate(prices[:21])))
    found += run(engine, missed(20.6, 20.9), *(trade(i + 0.5, price) for i, price in enumerate(prices) if i > 20))
    values = [row for batch in found if tally(batch) == "values" for row in batch if row["timeframe"] == 0]
    assert [int(row["quality"]) for row in values] == [GAP if i == 20 else COMPLETE for i in range(22)]
    signals = [row for batch in found if batch.dtype is SIGNAL for row in batch if row["timeframe"] == 0]
    assert [(int(row["side"]), int(row["quality"])) for row in signals] == [(1, GAP)]


def test_a_gap_is_numbered_by_the_last_row_before_it_and_quotes_mark_no_bar(engine: Engine) -> None:
    run(engine, rows(TIME, [(T0, T0)]), trade(0.5, 1.0), trade(0.6, 1.0))
    (told,) = engine(missed(0.7, 0.8))
    assert (told.dtype is MISSED, int(told["seq"][0])) == (True, 2)
    engine(missed(0.7, 3.0, channel=1))
    assert qualities(run(engine, trade(1.5, 1.0), trade(2.5, 1.0))) == [(0, GAP), (1, COMPLETE)]
    assert engine(missed(0.7, 3.0, symbol=7)) == ()
    assert engine.refused[0] == 1


def test_a_symbol_first_met_after_listening_began_in_the_middle_is_partial_still(engine: Engine) -> None:
    found = run(engine, trade(0.5, 1.0), missed(0.6, 0.7), trade(1.5, 1.0), trade(2.5, 1.0))
    assert qualities(found) == [(0, PARTIAL), (1, COMPLETE)]


def test_gaps_that_ended_are_kept_and_what_was_stored_without_knowing_is_marked(database: str, tmp_path: Path) -> None:
    bars = filled(BAR, 30)
    bars["quality"], bars["origin"] = COMPLETE, 0
    bars["ts_close"] = bars["ts_event"] = T0 + SECOND * (1 + bars["seq"])
    bars["ts_open"] = bars["ts_close"] - SECOND
    journal = begun(tmp_path)
    put(journal, bars, missed(4, None), missed(4, 7.5), missed(4, 7.5, symbol=1, channel=1))
    ended(journal)
    with storing(database, tmp_path) as store:
        pass
    assert store.written == {"bars": 30, "gaps": 3}
    with psycopg.connect(database) as connection:
        gaps = connection.execute(
            "SELECT symbol, channel, from_ts, to_ts, reason, backfill FROM market_gaps"
        ).fetchall()
        marked = connection.execute(
            "SELECT symbol, (ts_close - %s) / 1000000000 FROM market_bars WHERE quality = 'gap' ORDER BY 2", [T0]
        ).fetchall()
    span = (T0 + 4 * SECOND, T0 + 7 * SECOND + SECOND // 2)
    assert sorted(gaps) == [
        ("AAPL", "trades", *span, "silent", "pending"), ("MSFT", "quotes", *span, "silent", "pending"),
    ]  # fmt: skip
    assert marked == [("AAPL", 5), ("AAPL", 6), ("AAPL", 7)]
