"""Bars against a naive oracle, and the clock that closes them."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.bank import NO_TRADES, Bank
from core.events import BAR, COMPLETE, PARTIAL, SECOND, TIMEFRAME_NAMES, TIMEFRAMES, TRADE, Batch, joined, rows

T0 = 1_700_000_000 * SECOND - 1_700_000_000 * SECOND % TIMEFRAMES["1h"]


class Bars:
    """A bank without nodes, of which only the bars are looked at."""

    def __init__(self, folder: Path, timeframes: Sequence[str], symbols: int) -> None:
        self.bank = Bank((), timeframes, folder)
        self.bank.grow(symbols)

    def take(self, trades: Batch) -> Batch:
        return self._only(self.bank.take(trades))

    def pass_time(self, now: int, ts_recv: int) -> Batch:
        return self._only(self.bank.take(NO_TRADES, now, ts_recv))

    def _only(self, made: Sequence[Batch]) -> Batch:
        return joined([np.empty(0, dtype=BAR), *(batch for batch in made if batch.dtype is BAR)])

    @property
    def late(self) -> list[int]:
        found: list[int] = self.bank.lane["late"].tolist()
        return found


MakeBars = Callable[..., Bars]


@pytest.fixture
def bars_of(kernels: Path) -> MakeBars:
    def make(*timeframes: str, symbols: int = 1) -> Bars:
        return Bars(kernels, timeframes, symbols)

    return make


def trade(seconds: float, price: float = 100.0, size: float = 1.0, symbol: int = 0) -> tuple[float, ...]:
    ts = T0 + round(seconds * SECOND)
    return (ts, ts + 1000, 0, 0, price, size, symbol, 0)


def naive(trades: Batch, timeframe: str) -> dict[tuple[int, int], tuple[float, ...]]:
    """(symbol, ts_open) → open, high, low, close, volume, vwap, trades, from sorted trades, the slow way."""
    width = TIMEFRAMES[timeframe]
    found: dict[tuple[int, int], tuple[float, ...]] = {}
    for symbol in np.unique(trades["symbol"]):
        own = trades[trades["symbol"] == symbol]
        opens = own["ts_event"] // width * width
        for ts_open in np.unique(opens):
            part = own[opens == ts_open]
            price, size = part["price"], part["size"]
            vwap = (price * size).sum() / size.sum() if size.sum() > 0 else price[-1]
            key = (int(symbol), int(ts_open))
            found[key] = (price[0], price.max(), price.min(), price[-1], size.sum(), vwap, len(part))
    return found


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=some.integers(0, 10_000), seconds=some.sampled_from([1, 30, 400]), cut=some.integers(0, 500))
def test_bars_equal_the_naive_ones_on_every_timeframe(
    bars_of: MakeBars, make_trades: Callable[..., Batch], seed: int, seconds: int, cut: int
) -> None:
    trades = make_trades(500, symbols=3, seed=seed, seconds=seconds)
    bars = bars_of("1s", "5s", "1m", symbols=3)
    end = int(trades["ts_event"][-1]) + TIMEFRAMES["1m"]
    made = np.concatenate([bars.take(trades[:cut]), bars.take(trades[cut:]), bars.pass_time(end, end)])
    for name in ("1s", "5s", "1m"):
        own = made[made["timeframe"] == TIMEFRAME_NAMES.index(name)]
        expected = naive(trades, name)
        assert len(own) == len(expected)
        for bar in own:
            fields = ("open", "high", "low", "close", "volume", "vwap", "trades")
            got = [float(bar[field]) for field in fields]
            np.testing.assert_allclose(got, expected[int(bar["symbol"]), int(bar["ts_open"])], rtol=1e-12)
            assert bar["ts_close"] == bar["ts_event"] == bar["ts_open"] + TIMEFRAMES[name]
    assert bars.late == [0, 0, 0]


def arrived(trades: Batch, timeframe: str) -> tuple[list[tuple[float, ...]], int]:
    """(ts_open, open, high, low, close, volume, trades) of the closed bars of one symbol whose trades come in any
    order, and how many came late, the slow way."""
    width, late = TIMEFRAMES[timeframe], 0
    found: list[tuple[float, ...]] = []
    forming: list[tuple[int, float, float]] = []
    for ts, price, size in trades[["ts_event", "price", "size"]].tolist():
        begun = forming[0][0] // width * width if forming else 0
        if forming and ts < begun:
            late += 1
            continue
        if forming and ts >= begun + width:
            prices, close = (
                [each[1] for each in forming],
                max(enumerate(forming), key=lambda each: (each[1][0], each[0])),
            )
            volume = math.fsum(each[2] for each in forming)
            found.append((begun, prices[0], max(prices), min(prices), close[1][1], volume, len(forming)))
            forming = []
        forming.append((ts, price, size))
    return found, late


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=some.lists(some.tuples(some.integers(-2_000, 3_000), some.integers(1, 9)), min_size=1, max_size=80))
def test_bars_equal_the_naive_ones_when_trades_come_out_of_order(
    bars_of: MakeBars, steps: list[tuple[int, int]]
) -> None:
    seconds = np.cumsum([step for step, _ in steps]) / 1000 + 1_000
    trades = rows(TRADE, [trade(at, 100.0 + price, price) for at, (_, price) in zip(seconds, steps, strict=True)])
    bars = bars_of("1s", "5s", "1m")
    made = bars.take(trades)
    for lane, name in enumerate(("1s", "5s", "1m")):
        own = made[made["timeframe"] == TIMEFRAME_NAMES.index(name)]
        expected, late = arrived(trades, name)
        assert own[["ts_open", "open", "high", "low", "close", "volume", "trades"]].tolist() == expected
        assert bars.late[lane] == late


def test_the_trade_that_opens_the_next_bar_closes_this_one_and_lends_it_its_receive_time(bars_of: MakeBars) -> None:
    bars = bars_of("1s")
    assert len(bars.take(rows(TRADE, [trade(0.2), trade(0.999999999)]))) == 0
    closed = bars.take(rows(TRADE, [trade(1.0, price=101.0)]))
    assert closed["trades"].tolist() == [2]
    assert closed["close"].tolist() == [100.0]
    assert closed["ts_recv"].tolist() == [T0 + SECOND + 1000]


def test_time_closes_a_bar_when_no_trade_comes_and_only_once(bars_of: MakeBars) -> None:
    bars = bars_of("1s", "1m")
    bars.take(rows(TRADE, [trade(0.5)]))
    assert len(bars.pass_time(T0 + SECOND - 1, 0)) == 0
    closed = bars.pass_time(T0 + SECOND, 77)
    assert closed["timeframe"].tolist() == [TIMEFRAME_NAMES.index("1s")]
    assert closed["ts_recv"].tolist() == [77]
    assert len(bars.pass_time(T0 + 2 * SECOND, 78)) == 0
    assert len(bars.pass_time(T0 + 60 * SECOND, 79)) == 1


def test_a_quiet_interval_makes_no_bar(bars_of: MakeBars) -> None:
    bars = bars_of("1s")
    bars.take(rows(TRADE, [trade(0.5)]))
    closed = bars.take(rows(TRADE, [trade(10.5)]))
    assert closed["ts_open"].tolist() == [T0]
    assert closed["seq"].tolist() == [1]


def test_a_trade_for_a_closed_bar_is_late_and_changes_nothing(bars_of: MakeBars) -> None:
    bars = bars_of("1s", "1m")
    bars.take(rows(TRADE, [trade(0.5)]))
    bars.pass_time(T0 + SECOND, 0)
    assert len(bars.take(rows(TRADE, [trade(0.7, price=500.0)]))) == 0
    assert bars.late == [1, 0]
    minute = bars.pass_time(T0 + 60 * SECOND, 0)
    assert (minute["high"].tolist(), minute["close"].tolist()) == ([500.0], [500.0])  # of the minute it is the newest


def test_an_older_trade_inside_an_open_bar_counts_but_is_not_its_close(bars_of: MakeBars) -> None:
    bars = bars_of("1s")
    bars.take(rows(TRADE, [trade(0.5, 100.0), trade(0.3, 90.0)]))
    closed = bars.pass_time(T0 + SECOND, 0)
    assert (closed["close"][0], closed["low"][0], closed["trades"][0]) == (100.0, 90.0, 2)


def test_the_first_bar_is_partial_and_a_symbol_that_comes_later_is_not(bars_of: MakeBars) -> None:
    bars = bars_of("1s", symbols=2)
    closed = bars.take(rows(TRADE, [trade(0.5), trade(1.5), trade(2.5), trade(2.6, symbol=1), trade(3.5, symbol=1)]))
    assert closed["symbol"].tolist() == [0, 0, 1]
    assert closed["quality"].tolist() == [PARTIAL, COMPLETE, COMPLETE]


def test_trades_of_no_size_have_their_price_as_vwap(bars_of: MakeBars) -> None:
    bars = bars_of("1s")
    bars.take(rows(TRADE, [trade(0.5, 42.0, size=0.0)]))
    closed = bars.pass_time(T0 + SECOND, 0)
    assert math.isfinite(closed["vwap"][0])
    assert closed["vwap"][0] == 42.0


def test_more_trades_than_one_call_can_count(bars_of: MakeBars, make_trades: Callable[..., Batch]) -> None:
    trades = make_trades(2_200_000, seconds=100_000)
    bars = bars_of("1s")
    made = bars.bank.take(trades, int(trades["ts_event"][-1]) + SECOND, 1)
    assert sum(len(batch) for batch in made if batch.dtype is TRADE) == len(trades)
    closed = joined([batch for batch in made if batch.dtype is BAR])
    assert closed["trades"].sum() == len(trades)
    assert closed["seq"].tolist() == list(range(1, len(closed) + 1))
