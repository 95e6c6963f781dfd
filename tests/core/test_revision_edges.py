"""Where revision ends: gaps that overlap, come twice or cannot be filled; a tape that is full; trades without ids."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import core.winding
from core.engine import Engine
from core.events import (
    AMENDED,
    AMENDMENT,
    COMPLETE,
    DONE,
    GAP,
    HISTORY,
    IMPOSSIBLE,
    LATE,
    PARTIAL,
    PENDING,
    SECOND,
    TIME,
    Batch,
    Symbols,
    joined,
    kind,
    rows,
)
from core.node import Node
from indicators import ema, mid
from tests.core.troubled import START, Cut, gap, late, one_by_one, played, session

Make = Callable[..., Engine]


@pytest.fixture
def make(kernels: Path) -> Make:
    def made(*nodes: Node, bars: str = "trades", lookback: int = 60 * SECOND) -> Engine:
        symbols = Symbols(("A", "B", "C"), source="test")
        return Engine(symbols, ("1s", "5s"), nodes or (ema(3),), kernels, bars=bars, lookback=lookback)

    return made


def told(batches: tuple[Batch, ...]) -> list[int]:
    """What became of gaps."""
    return [int(state) for batch in batches if kind(batch) == "gaps" for state in batch["backfill"]]


def until(moment: int) -> Batch:
    return rows(TIME, [(moment, moment)])


def test_a_short_gap_inside_a_long_one_does_not_end_it(make: Make) -> None:
    engine, trades = make(), session(1, symbols=1)
    engine(until(START))
    engine(trades[trades["ts_event"] < START + 10 * SECOND])
    engine(gap(START + 10 * SECOND, START + 30 * SECOND, symbols=[0]))
    engine(gap(START + 12 * SECOND, START + 13 * SECOND, symbols=[0]))
    found = engine(trades[(trades["ts_event"] > START + 20 * SECOND) & (trades["ts_event"] < START + 34 * SECOND)])
    bars = joined([batch for batch in found if kind(batch) == "bars"])
    second = bars[bars["timeframe"] == 0]
    assert {int(bar["quality"]) for bar in second if bar["ts_open"] < START + 30 * SECOND} == {GAP}
    assert {int(bar["quality"]) for bar in second if bar["ts_open"] >= START + 30 * SECOND} == {COMPLETE}


def test_one_gap_told_twice_is_filled_once(make: Make) -> None:
    engine, trades = make(), session(2, symbols=1)
    inside = (trades["ts_event"] >= START + 10 * SECOND) & (trades["ts_event"] < START + 12 * SECOND)
    hole = gap(START + 10 * SECOND, START + 12 * SECOND, symbols=[0])
    done = gap(START + 10 * SECOND, START + 12 * SECOND, DONE, symbols=[0])
    engine(until(START))
    engine(trades[trades["ts_event"] < START + 10 * SECOND])
    assert told(engine(hole)) == told(engine(hole)) == [PENDING]
    engine(trades[trades["ts_event"] >= START + 12 * SECOND])
    engine(trades[inside].view(HISTORY))
    first = engine(done)
    second = engine(done)
    assert [kind(batch) for batch in first] == ["trades", "revised_bars", "revised_values", "gaps"]
    assert [kind(batch) for batch in second] == ["gaps"]
    assert (first[-1]["rows"][0], second[-1]["rows"][0]) == (inside.sum(), inside.sum())
    assert told(second) == [DONE]
    assert engine.counts["backfilled"] == inside.sum()


@pytest.mark.parametrize("why", ["quotes", "venue", "off", "changed", "unknown"])
def test_what_nobody_made_again_is_not_said_to_be_done(make: Make, why: str) -> None:
    engine = {
        "quotes": lambda: make(mid()),
        "venue": lambda: make(bars="venue"),
        "off": lambda: make(lookback=0),
    }.get(why, make)()
    trades = session(3)
    engine(trades[:100])
    begin = int(trades["ts_event"][99]) + 1
    if why != "unknown":
        engine(gap(begin, begin + SECOND))
    if why == "changed":
        engine.change(engine.prepared((ema(3), ema(5))))
    engine(trades[100:110].view(HISTORY))
    found = engine(gap(begin, begin + SECOND, DONE))
    assert told(found) == [IMPOSSIBLE] * 3
    assert {kind(batch) for batch in found} == {"gaps"}


@pytest.mark.parametrize("beside", [False, True])
def test_trades_without_numbers_fill_only_what_has_none(make: Make, beside: bool) -> None:
    trades = session(6)  # with trades of every symbol right beside the cut
    trades["trade_id"] = 0
    cut = Cut(one_by_one(trades), START + 20 * SECOND, START + 30 * SECOND, trades, SECOND)
    known = (trades["ts_event"] >= cut.span[0]) & (trades["ts_event"] < cut.span[1])
    known &= (trades["ts_event"] < START + 20 * SECOND) | (trades["ts_event"] >= START + 30 * SECOND)
    away = set() if beside else {row.tobytes() for row in trades[known]}
    seen = played(make(), [(moment, batch) for moment, batch in cut.arrivals if batch.tobytes() not in away])
    states = Counter(each[8] for each in seen.gaps if each[8] != PENDING)
    assert states == {IMPOSSIBLE if beside else DONE: 3}
    if not beside:
        assert seen.end == played(make(), one_by_one(trades)).end


def test_a_full_tape_lets_go_and_what_is_too_late_then_is_said(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.winding, "_MOST", 150)
    trades, engine = session(5), make()
    seen = played(engine, late(one_by_one(trades), np.random.default_rng(5), 0.03, 20 * SECOND))
    assert engine.revision is not None
    assert len(engine.revision.winding.tapes.trades) < 300
    assert len(seen.trades) == len(trades)
    whole = played(make(), one_by_one(trades))
    wrong = [key for key in whole.bars if seen.bars.get(key) != whole.bars[key]]
    said = {(each[5], each[3]) for each in seen.gaps if (each[7], each[8]) == (LATE, IMPOSSIBLE)}
    assert said
    assert wrong
    width = {0: SECOND, 1: 5 * SECOND}
    for symbol, frame, closes in wrong:
        inside = any(closes - width[frame] <= moment < closes for each, moment in said if each == symbol)
        assert inside or seen.quality["bars", symbol, frame, closes] in (GAP, PARTIAL), (symbol, frame, closes)


def test_the_older_the_checkpoints_the_fewer_there_are(make: Make) -> None:
    engine, trades = make(lookback=100 * SECOND), session(6, seconds=300)
    for begin in range(0, 300 * SECOND, SECOND // 4):
        inside = (trades["ts_event"] >= START + begin) & (trades["ts_event"] < START + begin + SECOND // 4)
        engine(trades[inside])
        engine(until(START + begin + SECOND // 4))
        engine.settle()
    assert engine.revision is not None
    for reel in engine.revision._reels:
        ages = [engine.revision.now - each.at for each in reel.checkpoints]
        assert 5 < len(ages) < 20
        assert ages == sorted(ages, reverse=True)
        assert 100 * SECOND < ages[0] < 200 * SECOND
        assert ages[-2] < 10 * SECOND


def test_an_amendment_of_a_trade_of_too_long_ago_is_said_to_be_in_vain(make: Make) -> None:
    trades, engine = session(4), make(lookback=5 * SECOND)
    _, _, _, number, price, size, symbol, _ = trades[50].item()
    moment = START + 90 * SECOND
    gone = rows(AMENDMENT, [(moment, moment, 0, number, 0, np.nan, 0.0, price, size, symbol)])
    seen = played(engine, sorted([*one_by_one(trades), (moment, gone)], key=lambda each: each[0]))
    assert [(each[3], each[5], each[7], each[8]) for each in seen.gaps] == [(moment, symbol, AMENDED, IMPOSSIBLE)]
    assert len(seen.trades) == len(trades)
