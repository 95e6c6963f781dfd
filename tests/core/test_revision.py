"""Revision: whatever befell the trades on their way, in the end all is as if nothing had, or marked."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.engine import REFUSED, Engine
from core.events import (
    AMENDED,
    AMENDMENT,
    DISCONNECTED,
    DONE,
    GAP,
    IMPOSSIBLE,
    LATE,
    PARTIAL,
    SECOND,
    Batch,
    Symbols,
    rows,
)
from indicators import ema, rsi, trade_size
from strategies import crossover, rsi_reversal
from tests.core.seen import Seen
from tests.core.troubled import (
    MS,
    START,
    Cut,
    changed,
    changes,
    late,
    one_by_one,
    played,
    session,
    standing,
    twice,
)

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


@pytest.mark.parametrize("seed", range(12))
def test_trades_that_are_taken_back_or_corrected_are_put_right(
    make: Callable[..., Engine], plain: Callable[[Batch], Seen], seed: int
) -> None:
    trades, random = session(seed), np.random.default_rng(seed)
    made, engine = changes(trades, random, 0.05, 20 * SECOND), make()
    seen = played(engine, sorted([*one_by_one(trades), *made], key=lambda each: each[0]))
    whole = plain(standing(trades, made))
    assert engine.counts["amended"] == len(made) > 20
    assert seen.end == whole.end
    assert sorted(seen.trades) == sorted(whole.trades)
    assert seen.gaps == []


@pytest.mark.parametrize("seed", range(50))
def test_all_at_once_with_amendments(make: Callable[..., Engine], plain: Callable[[Batch], Seen], seed: int) -> None:
    """Some before their trade, some in a gap, whose history knows what became of its trades."""
    trades, random = session(seed), np.random.default_rng(2000 + seed)
    made = changes(trades, random, 0.05, 4 * SECOND)
    arrivals = twice(late(one_by_one(trades), random, 0.03, 8 * SECOND), random, 0.03, 4 * SECOND)
    arrivals = sorted([*arrivals, *made], key=lambda each: each[0])
    start = START + int(random.integers(5, 60)) * SECOND
    end, after = start + int(random.integers(100, 15_000)) * MS, int(random.integers(0, 5_000)) * MS
    seen = played(make(), Cut(arrivals, start, end, changed(trades, made, end + after), after).arrivals)
    whole = plain(standing(trades, made))
    assert seen.end == whole.end
    assert sorted(seen.trades) == sorted(whole.trades)
    assert GAP not in seen.quality.values()
    assert {each[7] for each in seen.gaps} == {DISCONNECTED}


def test_an_amendment_of_a_trade_that_is_not_there_is_said(make: Callable[..., Engine]) -> None:
    trades, engine = session(4), make(lookback=10 * SECOND)
    moment = START + 60 * SECOND
    old, strange = trades[50].item(), (1234, 10.0, 5.0)
    gone = rows(AMENDMENT, [(moment, moment, 0, old[3], 0, np.nan, 0.0, old[4], old[5], old[6])])
    never = rows(AMENDMENT, [(moment + 7, moment, 0, 1234, 0, np.nan, 0.0, *strange[1:], 2)])
    seen = played(engine, sorted([*one_by_one(trades), (moment, gone), (moment, never)], key=lambda each: each[0]))
    assert seen.end == played(make(), one_by_one(trades)).end
    said = sorted((each[3], each[4], each[5], each[7], each[8]) for each in seen.gaps)
    about = AMENDED, IMPOSSIBLE
    assert said == [(moment, moment + 1, old[6], *about), (moment + 7, moment + 8, 2, *about)]
    assert all(moment + 9 * SECOND < each[0] < moment + 11 * SECOND for each in seen.gaps)


def test_without_a_lookback_an_amendment_is_said_at_once_and_one_that_makes_no_sense_is_refused(
    make: Callable[..., Engine],
) -> None:
    trades, engine = session(4), make(lookback=0)
    engine(trades)
    _, _, _, number, price, size, symbol, _ = trades[50].item()
    kept, said = engine(rows(AMENDMENT, [(START, 1, 0, number, 0, np.nan, 0.0, price, size, symbol)]))
    assert kept.dtype is AMENDMENT
    assert said[["from_ts", "to_ts", "symbol", "reason"]].tolist() == [(START, START + 1, symbol, AMENDED)]
    assert engine(rows(AMENDMENT, [(START, 1, 0, number, 9, -1.0, 1.0, price, size, symbol)])) == ()
    assert engine.refused[REFUSED.index("bad_amendment")] == 1


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
