"""Performance by hand, and by what is known of it."""

import numpy as np
import pytest

from core.events import SECOND, Batch
from strategies.backtest import Run
from strategies.execution import FILL, POINT
from strategies.performance import interval, performance
from strategies.terms import Terms

DAY = 86_400 * SECOND
T0 = 20_000 * DAY


def points(*equity: float, every: int = DAY, gross: float = 1.0) -> Batch:
    found = np.zeros(len(equity), dtype=POINT)
    found["equity"], found["ts_event"], found["gross"] = equity, T0 + np.arange(len(equity)) * every, gross
    return found


def run(of: Batch, *fills: tuple[int, float, float, float]) -> Run:
    made = [(T0 + at * DAY, quantity, price, fee, 0.0, 0, 0) for at, quantity, price, fee in fills]
    return Run(Terms(cash=100.0), len(of), of[:0], np.array(made, dtype=FILL), of)


def test_the_figures_of_a_small_account_by_hand() -> None:
    found = performance(run(points(110, 99, 99, 120, 108, 130, every=7 * DAY)))
    returns = np.array([0.1, -0.1, 0.0, 120 / 99 - 1, -0.1, 130 / 108 - 1])
    a_year = 365.25 / 7
    assert found["total_return"] == pytest.approx(0.3)
    assert found["annual_return"] == pytest.approx(1.3 ** (365.25 / 35) - 1)
    assert found["annual_volatility"] == pytest.approx(returns.std(ddof=1) * a_year**0.5)
    assert found["sharpe"] == pytest.approx(returns.mean() / returns.std(ddof=1) * a_year**0.5)
    below = np.sqrt((np.minimum(returns, 0) ** 2).mean())
    assert found["sortino"] == pytest.approx(returns.mean() / below * a_year**0.5)
    assert found["omega"] == pytest.approx(returns[returns > 0].sum() / 0.2)
    assert found["max_drawdown"] == pytest.approx(0.1)
    assert found["max_drawdown_days"] == 14.0
    assert found["calmar"] == pytest.approx(found["annual_return"] / 0.1)
    assert found["exposure"] == 1.0


def test_moments_of_few_days_count_by_themselves_and_those_of_many_by_their_days() -> None:
    minute = 60 * SECOND
    few = performance(run(points(101, 102, 101, 103, every=minute)))
    steps = np.array([101, 102, 101, 103]) / np.array([100, 101, 102, 101]) - 1
    assert few["annual_return"] is few["calmar"] is None  # of three minutes
    assert few["sharpe"] == pytest.approx(steps.mean() / steps.std(ddof=1) * (365.25 * 1440) ** 0.5)
    equity = 100 + np.arange(6 * 24) % 7
    many, daily = performance(run(points(*equity, every=DAY // 24))), performance(run(points(*equity[23::24])))
    assert many["sharpe"] == pytest.approx(daily["sharpe"])
    assert many["omega"] == pytest.approx(daily["omega"])


def test_trades_are_closed_round_trips_after_fees() -> None:
    fills = ((0, 10.0, 1.0, 0.5), (1, -10.0, 2.0, 0.5), (1, -10.0, 2.0, 0.5), (2, 20.0, 3.0, 1.0), (3, -5.0, 4.0, 0.0))
    found = performance(run(points(100, 100, 100, 100), *fills))
    # bought 10 at 1, sold at 2: 9; sold 10 short at 2, bought back at 3, half of the fee of 20: -11; 10 are open
    assert (found["trades"], found["win_rate"]) == (2, 0.5)
    assert found["profit_factor"] == pytest.approx(9 / 11)
    assert found["mean_profit"] == pytest.approx(-1.0)
    assert (found["fills"], found["fees"]) == (5, 2.5)
    assert found["turnover"] == pytest.approx((10 + 20 + 20 + 60 + 20) / 100 / (3 / 365.25))


def test_nothing_gives_no_figures_but_counts() -> None:
    assert performance(run(points())) == {"bars": 0, "trades": 0}
    still = performance(run(points(100, 100, 100, gross=0.0)))
    assert {name for name, value in still.items() if value is None} >= {"sharpe", "sortino", "calmar", "omega"}
    assert (still["max_drawdown"], still["exposure"], still["trades"], still["win_rate"]) == (0.0, 0.0, 0, None)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(100):
        returns = np.random.default_rng(seed).normal(0.001, 0.01, 250)
        low, high = interval(returns, 250.0, seed) or (0.0, 0.0)
        held += low <= 0.1 * 250**0.5 <= high
    assert 85 <= held <= 99
    assert interval(returns, 250.0, 1) == interval(returns, 250.0, 1)
    assert interval(returns[:10], 250.0, 1) is None
