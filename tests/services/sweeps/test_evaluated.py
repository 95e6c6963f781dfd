"""What a point is worth: the figures of a backtest, of a span too."""

from pathlib import Path

import numpy as np
import pytest

from services.trading.sweeps.evaluated import PARTS, Span, evaluated, figures, followed, moments
from services.trading.sweeps.family import family
from strategies import strategy
from strategies.backtest import backtest
from strategies.performance import performance
from strategies.terms import Terms
from tests.services.sweeps.made import walk

COSTLY = Terms(commission=0.0002, spread=0.0001)


def test_a_row_a_point_says_what_a_backtest_of_it_says(kernels: Path) -> None:
    history = walk(3_000, symbols=2)
    found = evaluated(family("momentum"), [{"period": 5}, {"period": 8}], history, COSTLY, kernels)
    for row in found.to_dicts():
        told = performance(backtest(strategy(f"momentum({row['period']})"), history.bars, 2, COSTLY, kernels))
        names = ("end_equity", "total_return", "sharpe", "sortino", "max_drawdown", "trades", "fees", "exposure")
        assert {name: row[name] for name in names} == pytest.approx({name: told[name] for name in names}, rel=1e-9)
        assert row["sharpe"] == pytest.approx(row["return_mean"] / row["return_variance"] ** 0.5 * row["a_year"] ** 0.5)
        assert (row["moments"], len(row["parts"]), len(row["squares"])) == (3_000, PARTS, PARTS)
    assert found["period"].to_list() == [5, 8]


def test_moments_by_hand() -> None:
    found = moments(np.array([1.0, -1.0, 3.0, 1.0]))
    assert (found["return_mean"], found["return_variance"]) == (1.0, pytest.approx(8 / 3))
    assert (found["return_skew"], found["return_kurtosis"], found["return_below"]) == (0.0, pytest.approx(2.0), 0.25)


def test_parts_are_sums_of_the_returns_a_moment(kernels: Path) -> None:
    run = followed(family("momentum"), {"period": 5}, walk(3_000), COSTLY, kernels, span=Span(0, 0, 3_000))
    equity = np.concatenate([[COSTLY.cash], run.points["equity"]])
    each = (equity[1:] / equity[:-1] - 1)[3_000 % PARTS :].reshape(PARTS, -1)
    found = figures(run)
    assert found["parts"] == pytest.approx(each.sum(axis=1))
    assert found["squares"] == pytest.approx((each**2).sum(axis=1))


def test_what_came_before_a_span_is_known_and_not_traded(kernels: Path) -> None:
    history, momentum = walk(3_000), family("momentum")
    whole = followed(momentum, {"period": 5}, history, COSTLY, kernels, span=Span(0, 0, 3_000))
    late = followed(momentum, {"period": 5}, history, COSTLY, kernels, span=Span(0, 1_000, 2_000))
    cold = followed(momentum, {"period": 5}, history, COSTLY, kernels, span=Span(1_000, 1_000, 2_000))
    begins, ends = history.bars["ts_event"][999], history.bars["ts_event"][1_999]
    assert late.fills["ts_event"].min() >= begins
    assert late.points["ts_event"].tolist() == history.bars["ts_event"][1_000:2_000].tolist()
    known = whole.signals[(whole.signals["ts_event"] > begins) & (whole.signals["ts_event"] <= ends)]
    assert late.signals["side"].tolist() == known["side"].tolist()
    assert len(cold.signals) < len(late.signals)  # it had to warm up first


def test_nothing_is_counted_as_nothing(kernels: Path) -> None:
    found = evaluated(family("momentum"), [{"period": 5}], walk(100), COSTLY, kernels, span=Span(0, 50, 50)).row(
        0, named=True
    )
    assert (found["trades"], found["moments"], found["sharpe"], found["parts"]) == (0, 0, None, None)
