"""Revision: whatever befell the trades on their way, in the end all is as if nothing had, or marked."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.engine import REFUSED, Engine
from core.events import DONE, GAP, IMPOSSIBLE, LATE, PARTIAL, SECOND, Batch, Symbols
from indicators import ema, rsi, trade_size
from strategies import crossover, rsi_reversal
from tests.core.seen import Seen
from tests.core.troubled import MS, START, Cut, late, one_by_one, played, session, twice

NODES = (ema(3), rsi(5), trade_size(3), crossover(3, 8), rsi_reversal(5, 40.0, 60.0))
FRAMES = ("1s", "5s", "1m")


@pytest.fixture
def make(kernels: Path) -> Callable[..., Engine]:
    def made(lookback: int = 60 * SECOND) -> Engine:
        return Engine(Symbols(("A", "B", "C"), source="test"), FRAMES, NODES, kernels, lookback=lookback)

    return made


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


def test_a_history_without_a_trade_fills_what_lacked_none(make: Callable[..., Engine]) -> None:
    trades = session(1)
    quiet = trades[(trades["ts_event"] < START + 20 * SECOND) | (trades["ts_event"] > START + 30 * SECOND)]
    cut = Cut(one_by_one(quiet), START + 22 * SECOND, START + 28 * SECOND, quiet[:0], SECOND)
    seen, whole = played(make(), cut.arrivals), played(make(), one_by_one(quiet))
    assert seen.end == whole.end
    assert GAP not in seen.quality.values()
    assert [each[8:] for each in seen.gaps if each[8] != 0] == [(DONE, 0)] * 3


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
