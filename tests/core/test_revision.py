"""Revision: whatever befell the trades on their way, in the end all is as if nothing had, or marked."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.engine import REFUSED, Engine
from core.events import (
    DISCONNECTED,
    DONE,
    GAP,
    HISTORY,
    IMPOSSIBLE,
    LATE,
    MISSED,
    NEVER,
    PARTIAL,
    PENDING,
    SECOND,
    TIME,
    TRADE,
    Batch,
    Symbols,
    rows,
)  # fmt: skip
from indicators import ema, rsi
from strategies import crossover, rsi_reversal
from tests.core.seen import Seen

NODES = (ema(3), rsi(5), crossover(3, 8), rsi_reversal(5, 40.0, 60.0))
FRAMES = ("1s", "5s", "1m")
START = 1_700_000_000 * SECOND
TICK = SECOND // 20
MS = 1_000_000


@pytest.fixture
def make(kernels: Path) -> Callable[..., Engine]:
    def made(lookback: int = 60 * SECOND) -> Engine:
        return Engine(Symbols(("A", "B", "C"), source="test"), FRAMES, NODES, kernels, lookback=lookback)

    return made


def session(seed: int, seconds: int = 100, symbols: int = 3) -> Batch:
    """Trades in order, some of one moment; numbers rise by one a symbol."""
    random = np.random.default_rng(seed)
    found = np.zeros(seconds * 12, dtype=TRADE)
    found["ts_event"] = START + np.sort(random.integers(0, seconds * 1000, len(found))) * MS
    found["symbol"] = random.integers(0, symbols, len(found))
    found["price"] = 100 + random.normal(0, 0.3, len(found)).cumsum()
    found["size"] = random.integers(1, 500, len(found)) / 7
    for symbol in range(symbols):
        own = found["symbol"] == symbol
        found["trade_id"][own] = np.arange(1, own.sum() + 1)
    found["ts_recv"] = found["ts_event"]
    return found


def played(engine: Engine, arrivals: Sequence[tuple[int, Batch]], *, until: int = START + 200 * SECOND) -> Seen:
    """Batches at the venue's moments, the venue's clock in between as a feed has it."""
    seen, now = Seen(), START
    for moment, batch in arrivals:
        while now + TICK <= moment:
            now += TICK
            seen.hear(engine(rows(TIME, [(now - 100 * MS, now)])))
            engine.settle()
        seen.hear(engine(batch))
    for moment in range(now, until, SECOND):
        seen.hear(engine(rows(TIME, [(moment, moment)])))
        engine.settle()
    return seen


def one_by_one(trades: Batch) -> list[tuple[int, Batch]]:
    return [(int(trades["ts_event"][i]), trades[i : i + 1]) for i in range(len(trades))]


def gap(start: int, end: int, backfill: int = PENDING, symbols: Sequence[int] = (0, 1, 2)) -> Batch:
    return rows(MISSED, [(end, end, 0, start, end, each, 0, DISCONNECTED, backfill, 0) for each in symbols])


def begun(start: int) -> Batch:
    return rows(MISSED, [(start, start, 0, start, NEVER, each, 0, DISCONNECTED, PENDING, 0) for each in (0, 1, 2)])


class Cut:
    """A connection that is lost for a while, and a history that fills the hole after a while, or does not."""

    def __init__(
        self, arrivals: list[tuple[int, Batch]], start: int, end: int, history: Batch | None, after: int = 0
    ) -> None:
        self.span = start - 100 * MS, end + 100 * MS
        inside = [(moment, batch) for moment, batch in arrivals if moment < start]
        behind = [(moment, batch) for moment, batch in arrivals if moment >= end]
        told = [(end + after, gap(*self.span, IMPOSSIBLE if history is None else DONE))]
        if history is not None:
            ts = history["ts_event"]
            asked = history[(ts >= self.span[0] - 10 * SECOND) & (ts < self.span[1])]
            told.insert(0, (end + after, asked.view(HISTORY)))
        lost = [(start, rows(TIME, [(self.span[0], start)])), (start, begun(self.span[0])), (end, gap(*self.span))]
        self.arrivals = inside + lost + sorted([*behind, *told], key=lambda each: each[0])


def late(arrivals: list[tuple[int, Batch]], random: np.random.Generator, rate: float, most: int) -> list[Any]:
    """Some come later, at most by so much."""
    moved = []
    for moment, batch in arrivals:
        by = int(random.integers(1, most)) if batch.dtype is TRADE and random.random() < rate else 0
        moved.append((moment + by, batch))
    return sorted(moved, key=lambda each: each[0])


def twice(arrivals: list[tuple[int, Batch]], random: np.random.Generator, rate: float, most: int) -> list[Any]:
    again = [
        (moment + int(random.integers(0, most)), batch)
        for moment, batch in arrivals
        if batch.dtype is TRADE and random.random() < rate
    ]
    return sorted([*arrivals, *again], key=lambda each: each[0])


@pytest.fixture
def plain(make: Callable[..., Engine]) -> Callable[[Batch], Seen]:
    return lambda trades: played(make(), one_by_one(trades))


@pytest.mark.parametrize("seed", range(12))
def test_late_trades_are_put_right(make: Callable[..., Engine], plain: Callable[[Batch], Seen], seed: int) -> None:
    trades, random = session(seed), np.random.default_rng(seed)
    engine = make()
    seen = played(engine, late(one_by_one(trades), random, 0.05, 20 * SECOND))
    assert engine.counts["revised"] > 10
    assert seen.end == plain(trades).end
    assert seen.gaps == []


@pytest.mark.parametrize("seed", range(12))
def test_trades_that_come_twice_count_once(
    make: Callable[..., Engine], plain: Callable[[Batch], Seen], seed: int
) -> None:
    trades, random = session(seed), np.random.default_rng(seed)
    engine = make()
    arrivals = twice(one_by_one(trades), random, 0.1, 5 * SECOND)
    seen = played(engine, arrivals)
    assert seen.end == plain(trades).end
    assert sorted(seen.trades) == sorted(plain(trades).trades)
    assert engine.refused[REFUSED.index("repeated")] == len(arrivals) - len(trades) > 20


@pytest.mark.parametrize("seed", range(12))
def test_a_gap_that_a_history_fills_is_no_gap_any_more(
    make: Callable[..., Engine], plain: Callable[[Batch], Seen], seed: int
) -> None:
    trades = session(seed)
    cut = Cut(one_by_one(trades), START + 23 * SECOND, START + 41 * SECOND + 300 * MS, trades, 2 * SECOND)
    seen = played(make(), cut.arrivals)
    assert seen.end == plain(trades).end
    assert sorted(seen.trades) == sorted(plain(trades).trades)
    assert GAP not in seen.quality.values()
    filled = [each for each in seen.gaps if each[8] == DONE]
    assert [each[3:6] for each in filled] == [(*cut.span, symbol) for symbol in range(3)]
    assert sum(each[9] for each in filled) == len(trades) - len(cut.arrivals) + 5


@pytest.mark.parametrize("seed", range(6))
def test_a_gap_that_nothing_fills_stays_marked(
    make: Callable[..., Engine], plain: Callable[[Batch], Seen], seed: int
) -> None:
    trades = session(seed)
    cut = Cut(one_by_one(trades), START + 23 * SECOND, START + 41 * SECOND + 300 * MS, None)
    seen, whole = played(make(), cut.arrivals), plain(trades)
    for (what, *key), quality in seen.quality.items():
        view, other = getattr(seen, what), getattr(whole, what)
        if what == "bars" and view.get(tuple(key)) != other.get(tuple(key)):
            assert quality in (GAP, PARTIAL)
    assert GAP in seen.quality.values()
    before = START + 20 * SECOND
    assert all(quality != GAP for (*_, ts), quality in seen.quality.items() if ts < before and _[0] == "bars")


@pytest.mark.parametrize("seed", range(50))
def test_all_at_once(make: Callable[..., Engine], plain: Callable[[Batch], Seen], seed: int) -> None:
    trades, random = session(seed), np.random.default_rng(1000 + seed)
    arrivals = twice(late(one_by_one(trades), random, 0.03, 8 * SECOND), random, 0.03, 4 * SECOND)
    first = START + int(random.integers(5, 30)) * SECOND
    for start in (first, first + int(random.integers(20, 40)) * SECOND):
        length, after = random.integers(100, 15_000) * MS, random.integers(0, 5_000) * MS
        arrivals = Cut(arrivals, start, start + int(length), trades, int(after)).arrivals
    seen = played(make(), arrivals)
    assert seen.end == plain(trades).end
    assert sorted(seen.trades) == sorted(plain(trades).trades)


def test_what_comes_too_late_is_stored_and_said(make: Callable[..., Engine]) -> None:
    trades = session(3)
    straggler = trades[100:101]
    rest = np.delete(trades, 100)
    seen = played(make(lookback=10 * SECOND), [*one_by_one(rest), (START + 90 * SECOND, straggler)])
    assert len(seen.trades) == len(trades)
    (told,) = seen.gaps
    moment = int(straggler["ts_event"][0])
    assert (told[3], told[4], told[5]) == (moment, moment + 1, int(straggler["symbol"][0]))
    assert (told[7], told[8]) == (LATE, IMPOSSIBLE)
