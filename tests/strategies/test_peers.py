"""The profit and loss of our execution against vectorbt's and backtesting.py's on the same bars.

vectorbt takes half a gigabyte, and so is not among what the tests install: `pip install .[bench]` brings it, and
without it its tests say that they were skipped.
"""

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import backtesting
import numpy as np
import pandas as pd
import pytest
import talib
from backtesting.lib import crossover as through

import strategies as of
from core.events import Batch
from core.node import Node
from strategies.backtest import Run, backtest, rounds
from strategies.terms import Terms
from tests.strategies.peers import Backtesting, Columns, Told, of_vectorbt, ours, sides, vectorbt

pytestmark = [
    pytest.mark.filterwarnings("ignore:Some trades remain open"),  # as ours do: the last is not closed
    pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofweek"),  # backtesting.py's own, with pandas 3
]
ALL_OF = {"crossover": of.crossover(), "reversion": of.bollinger_reversion(), "breakout": of.donchian_breakout()}
SIZES = {"units": Terms(cash=1e6, units=1000), "share": Terms(cash=1e6, share=0.5, lot=1.0)}
TERMS = [
    pytest.param(
        terms._replace(shorts=shorts, commission=commission), id=f"{name}-{'both' if shorts else 'long'}-{commission}"
    )
    for name, terms in SIZES.items()
    for shorts in (False, True)
    for commission in (0.0, 0.0005)
]
each_strategy = pytest.mark.parametrize("name", ALL_OF)
on_all_terms = pytest.mark.parametrize("terms", TERMS)


@pytest.fixture(scope="module")
def vbt() -> Any:  # Any: a module without types
    if find_spec("vectorbt") is None:
        pytest.skip("vectorbt is not installed: pip install .[bench]")
    return importlib.import_module("vectorbt")


@pytest.fixture
def followed(kernels: Path) -> Callable[..., Run]:
    def follow(node: Node, bars: Batch, terms: Terms, symbols: int = 1) -> Run:
        return backtest(node, bars, symbols, terms, kernels)

    return follow


def columns(bars: Batch) -> Columns:
    return {name: bars[name].copy() for name in ("open", "high", "low", "close", "volume")}


def frame(bars: Batch) -> pd.DataFrame:
    names = {name.capitalize(): column for name, column in columns(bars).items()}
    return pd.DataFrame(names, index=pd.to_datetime(bars["ts_open"]))


def same(here: Told, there: Told, *, trips: bool = True) -> None:
    """Bar for bar and trade for trade. Lots, where a position was added to, are no round trips: trips=False."""
    assert len(here.traded) > 50
    np.testing.assert_array_equal(here.traded[:, 0], there.traded[:, 0])
    np.testing.assert_allclose(here.traded, there.traded, rtol=1e-9)
    np.testing.assert_allclose(here.equity, there.equity, rtol=1e-9)
    if trips:
        assert len(here.profits) > 10
        np.testing.assert_allclose(here.profits, there.profits, rtol=1e-9, atol=1e-6)  # of a million


@each_strategy
@on_all_terms
def test_profit_and_loss_are_backtesting_py_s(
    followed: Callable[..., Run], make_bars: Callable[..., Batch], name: str, terms: Terms
) -> None:
    bars, terms = make_bars(4_000, seed=11), terms._replace(per_share=terms.commission * 10)
    run = followed(ALL_OF[name], bars, terms)
    there = Backtesting(backtesting, frame(bars), terms).told(sides(run, bars))
    same(ours(run, bars), there, trips=name != "reversion" or terms.units > 0)


@each_strategy
@on_all_terms
def test_profit_and_loss_are_vectorbt_s(
    vbt: Any, followed: Callable[..., Run], make_bars: Callable[..., Batch], name: str, terms: Terms
) -> None:
    bars, costs = make_bars(20_000, seed=12), terms.commission
    terms = terms._replace(spread=costs / 2, slippage=costs / 5)
    run = followed(ALL_OF[name], bars, terms)
    same(ours(run, bars), of_vectorbt(vectorbt(vbt, columns(bars), sides(run, bars), terms)))


@pytest.mark.parametrize("commission", [0.0, 0.0005])
def test_all_of_the_cash_buys_what_it_buys_at_vectorbt(
    vbt: Any, followed: Callable[..., Run], make_bars: Callable[..., Batch], commission: float
) -> None:
    bars, terms = make_bars(20_000, seed=13), Terms(cash=1e5, shorts=False, commission=commission, slippage=commission)
    run = followed(of.crossover(), bars, terms)
    same(ours(run, bars), of_vectorbt(vectorbt(vbt, columns(bars), sides(run, bars), terms)))
    cash = run.points["cash"][run.points["gross"] > 0]
    assert (np.abs(cash) < 1e-6).any()  # an open above the close before it, and there was no more


def test_several_symbols_share_one_account_as_at_vectorbt(
    vbt: Any, followed: Callable[..., Run], make_bars: Callable[..., Batch]
) -> None:
    each = [make_bars(5_000, seed=seed) for seed in range(3)]
    bars = np.stack(each, axis=1).reshape(-1)
    bars["symbol"] = np.arange(len(bars)) % 3
    terms = Terms(cash=1e6, units=1000, commission=0.0005, spread=0.0002)
    run = followed(of.crossover(), bars, terms, 3)
    together = {name: np.column_stack([one[name] for one in each]) for name in ("open", "close")}
    said = np.full((5_000, 3), np.nan)
    said[np.searchsorted(each[0]["ts_event"], run.signals["ts_event"]), run.signals["symbol"]] = run.signals["side"]
    there = vectorbt(vbt, together, said, terms, group_by=True, cash_sharing=True)
    assert len(run.fills) > 300
    np.testing.assert_allclose(run.points["equity"], np.asarray(there.value()), rtol=1e-9)
    positions = there.positions.records_arr
    profits = np.sort([profit for *_, profit in rounds(run.fills)])
    np.testing.assert_allclose(profits, np.sort(positions["pnl"][positions["status"] == 1]), rtol=1e-9, atol=1e-6)


def test_vectorbt_s_own_averages_and_signals_trade_the_same(
    vbt: Any, followed: Callable[..., Run], make_bars: Callable[..., Batch]
) -> None:
    """TA-Lib's averages through its factory: its own begin with the first price, which is another seed."""
    bars, terms = make_bars(20_000, seed=14), Terms(cash=1e6, units=1000, commission=0.0005)
    ema = vbt.talib("EMA")
    fast, slow = (ema.run(bars["close"], length).real for length in (12, 26))
    buys, sells = (one.vbt.crossed_above(other).vbt.fshift(1) for one, other in ((fast, slow), (slow, fast)))
    there = vbt.Portfolio.from_signals(
        bars["close"], buys, short_entries=sells, size=terms.units, price=bars["open"], fees=terms.commission,
        init_cash=terms.cash, upon_opposite_entry="reverse",
    )  # fmt: skip
    same(ours(followed(of.crossover(12, 26), bars, terms), bars), of_vectorbt(there))


class Crossing(backtesting.Strategy):  # type: ignore[misc]  # it has no types
    """As backtesting.py's own guide writes it."""

    def init(self) -> None:
        self.fast, self.slow = (self.I(talib.EMA, self.data.Close, length) for length in (12, 26))

    def next(self) -> None:
        if through(self.fast, self.slow):
            self.position.close()
            self.buy(size=1000)
        elif through(self.slow, self.fast):
            self.position.close()
            self.sell(size=1000)


def test_a_strategy_written_for_backtesting_py_trades_the_same(
    followed: Callable[..., Run], make_bars: Callable[..., Batch]
) -> None:
    bars, terms = make_bars(4_000, seed=15), Terms(cash=1e6, units=1000, commission=0.0005)
    run = followed(of.crossover(12, 26), bars, terms)
    same(ours(run, bars), Backtesting(backtesting, frame(bars), terms).run(Crossing))


def test_backtesting_py_pays_the_spread_at_entries_alone(
    followed: Callable[..., Run], make_bars: Callable[..., Batch]
) -> None:
    """Which is all that lies between us: at every exit half the spread, of what was closed."""
    bars, terms = make_bars(4_000, seed=16), Terms(cash=1e6, units=1000, spread=0.0004)
    run = followed(of.crossover(), bars, terms)
    there = Backtesting(backtesting, frame(bars), terms, spread=terms.spread / 2).told(sides(run, bars))
    at = np.searchsorted(bars["ts_open"], [ended for _, _, ended, _, _ in rounds(run.fills)])
    missing = bars["open"][at] * terms.units * terms.spread / 2
    np.testing.assert_allclose(there.profits - missing, ours(run, bars).profits, rtol=1e-9, atol=1e-6)
    paid = np.zeros(len(bars))
    paid[at] = missing
    np.testing.assert_allclose(there.equity - np.cumsum(paid), run.points["equity"], rtol=1e-9)
