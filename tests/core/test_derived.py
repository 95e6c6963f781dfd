"""Bars of timeframes that are not stored: against a naive oracle, and over a real database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.coarser import coarser
from core.errors import BadInput
from core.events import BAR, QUALITIES, SECOND, TIMEFRAME_NAMES, VENUE, Batch
from core.frames import Frames
from core.history import History
from core.moments import width_of
from tests.core.made import CATALOGUE, T0, carried, filled

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
START = T0 - T0 % HOUR
NAMES = list(CATALOGUE.symbols)
DOUBT = ["complete", "corrected", "backfilled", "gap", "partial", "synthetic"]


def minutes(count: int, *, share: float = 0.7, timeframe: str = "1m", step: int = MINUTE, seed: int = 1) -> Batch:
    """Bars of three symbols, some minutes missing, numbered as the engine does."""
    random = np.random.default_rng(seed)
    there = np.flatnonzero(random.random(3 * count) < share)
    bars = filled(BAR, len(there), seed=seed)
    bars["symbol"], bars["ts_open"] = there % 3, START + there // 3 * step
    bars["ts_close"] = bars["ts_event"] = bars["ts_open"] + step
    for symbol in range(3):
        mine = bars["symbol"] == symbol
        bars["seq"][mine] = 1 + np.arange(mine.sum())
    bars["timeframe"] = TIMEFRAME_NAMES.index(timeframe)
    bars["volume"][::9] = 0.0
    return bars


def rows(bars: Batch) -> list[dict[str, Any]]:
    names = [name for name in BAR.names or () if name not in ("symbol", "quality", "timeframe", "origin", "closed")]
    return [
        {
            **{name: bar[name].item() for name in names},
            "symbol": NAMES[bar["symbol"]],
            "source": CATALOGUE.source,
            "quality": QUALITIES[bar["quality"]],
        }
        for bar in bars
    ]


def oracle(stored: Sequence[dict[str, Any]], timeframe: str) -> list[dict[str, Any]]:
    """Bucket by bucket, bar by bar; a bucket that may grow yet is left out."""
    width, found = width_of(timeframe), []
    for symbol in sorted({row["symbol"] for row in stored}):
        mine = sorted((row for row in stored if row["symbol"] == symbol), key=lambda row: row["ts_event"])
        for begin in sorted({(row["ts_event"] - 1) // width * width for row in mine}):
            inside = [row for row in mine if begin < row["ts_event"] <= begin + width]
            volume = sum(row["volume"] for row in inside)
            notional = sum(row["volume"] * row["vwap"] for row in inside)
            if begin + width <= mine[-1]["ts_event"]:
                found.append({
                    "ts_event": begin + width, "symbol": symbol, "ts_open": begin, "open": inside[0]["open"],
                    "high": max(row["high"] for row in inside), "low": min(row["low"] for row in inside),
                    "close": inside[-1]["close"], "volume": volume, "trades": sum(row["trades"] for row in inside),
                    "vwap": notional / volume if volume else inside[-1]["close"],
                    "quality": max((row["quality"] for row in inside), key=DOUBT.index),
                    "ts_recv": max(row["ts_recv"] for row in inside),
                })  # fmt: skip
    return sorted(found, key=lambda row: (row["ts_event"], row["symbol"]))


def same(found: Sequence[dict[str, Any]], expected: Sequence[dict[str, Any]]) -> None:
    assert [(row["ts_event"], row["symbol"]) for row in found] == [(row["ts_event"], row["symbol"]) for row in expected]
    for mine, theirs in zip(found, expected, strict=True):
        assert {name: mine[name] for name in theirs} == {
            name: pytest.approx(value, rel=1e-12) if name in ("volume", "vwap") else value
            for name, value in theirs.items()
        }


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 90), share=st.sampled_from([0.05, 0.5, 1.0]), seed=st.integers(0, 99),
    timeframe=st.sampled_from(["2m", "7m", "30m", "1h", "90m", "1d"]),
)  # fmt: skip
def test_coarser_bars_are_what_a_loop_makes(count: int, share: float, seed: int, timeframe: str) -> None:
    stored = rows(minutes(count, share=share, seed=seed))
    if stored:
        made = coarser(
            pl.DataFrame(stored).sample(fraction=1.0, shuffle=True, seed=seed), timeframe, width_of(timeframe)
        )
        last = {row["symbol"]: row["ts_event"] for row in sorted(stored, key=lambda row: row["ts_event"])}
        same([row for row in made.to_dicts() if row["ts_event"] <= last[row["symbol"]]], oracle(stored, timeframe))


@pytest.fixture
async def history(database: str, tmp_path: Path) -> AsyncIterator[History]:
    bars = minutes(600)
    venue = minutes(40, seed=2)
    venue["origin"], venue["seq"] = VENUE, 0
    hours = minutes(9, timeframe="1h", step=HOUR, share=1.0, seed=3)
    await asyncio.to_thread(carried, database, tmp_path, [bars, venue, hours])
    reads = History(database)
    await reads.open()
    yield reads
    await reads.close()


@pytest.mark.parametrize("limit", [1, 13, 5_000])
@pytest.mark.parametrize("timeframe", ["7m", "45m"])
async def test_pages_of_them_have_no_hole_and_no_repeat(history: History, timeframe: str, limit: int) -> None:
    expected = oracle(rows(minutes(600)), timeframe)
    seen, cursor = [], None
    while True:
        page = await history.bars(NAMES, timeframe, start=0, limit=limit, cursor=cursor)
        seen += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
    same(seen, expected)
    assert {row["timeframe"] for row in seen} == {timeframe}
    assert {row["seq"] for row in seen} == {0}
    for end in (expected[len(expected) // 2]["ts_event"], expected[-1]["ts_event"] + 1, None):
        newest = (await history.bars(NAMES, timeframe, end=end, limit=limit)).rows
        same(newest, [row for row in expected if end is None or row["ts_event"] < end][-limit:])


async def test_they_are_made_of_the_longest_that_divides_them(history: History) -> None:
    found = (await history.bars(["AAPL"], "3h", start=0)).rows
    same(found, [row for row in oracle(rows(minutes(9, timeframe="1h", step=HOUR, share=1.0, seed=3)), "3h")
                 if row["symbol"] == "AAPL"])  # fmt: skip
    assert (await history.bars(["AAPL"], "1h", start=0)).rows[0]["seq"] == 1  # stored: as it is
    assert (await history.bars(["AAPL"], "1h", start=START + 9 * HOUR + 1)).rows == []  # and nothing behind it is made
    assert (await history.bars(["AAPL"], "7s", start=0)).rows == []  # nothing shorter is there
    assert (await history.bars(["NONE"], "7m")).rows == []


async def test_a_venues_own_bars_are_kept_apart(history: History) -> None:
    venue = minutes(40, seed=2)
    expected = [row for row in oracle(rows(venue), "5m") if row["symbol"] == "MSFT"]
    same((await history.bars(["MSFT"], "5m", start=0, origin="venue")).rows, expected)


async def test_a_page_that_would_be_made_of_too_many_is_refused(history: History) -> None:
    with pytest.raises(BadInput, match="more than 20,000,000 bars of 1h: ask for fewer bars or symbols"):
        await history.bars(NAMES, "366d", limit=10_000)


async def test_frames_have_them_too(history: History, database: str, tmp_path: Path) -> None:
    expected = oracle(rows(minutes(600)), "7m")
    with Frames(database, "test") as frames:
        whole = frames.bars([], "7m", more=["ts_recv"])
        same(whole.with_columns(pl.col("^ts_.*$").to_physical()).to_dicts(), expected)
        start, end = expected[30]["ts_event"], expected[60]["ts_event"]
        part = frames.bars(NAMES, "7m", start=start, end=end, more=["ts_recv"])
        same(part.with_columns(pl.col("^ts_.*$").to_physical()).to_dicts(),
             [row for row in expected if start <= row["ts_event"] < end])  # fmt: skip
        assert part.schema == frames.bars(NAMES, "1m", more=["ts_recv"]).schema
    other = replace(CATALOGUE, source="other")
    await asyncio.to_thread(carried, database, tmp_path, [minutes(20, seed=9)], other)
    same((await history.of("test").bars(NAMES, "7m", start=0)).rows, expected)
