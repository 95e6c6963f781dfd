"""Walking forward and cross-validation, against their second writing in plain Python."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.bank import Bank
from services.trading.backtests import History
from services.trading.sweeps.combined import combined
from services.trading.sweeps.evaluated import Span, evaluated, moments
from services.trading.sweeps.family import family
from services.trading.sweeps.request import Report, Request, swept
from services.trading.sweeps.tried import joined, together
from strategies import strategy
from strategies.terms import Terms
from tests.services.sweeps.made import walk
from tests.strategies.plain import Plain

pytestmark = pytest.mark.timeout(300)  # kernels are compiled
COSTLY = Terms(commission=0.0001)
PERIODS = (4, 5, 6, 7)
HISTORY = walk(1_500)


def plain(period: int, span: Span, kernels: Path, cash: float = COSTLY.cash) -> list[float]:
    """The equity after each bar of a span, by the plain rules, of what the strategy said of the bars it saw."""
    bank = Bank((strategy(f"momentum({period})"),), ("1m",), kernels)
    bank.clear(1)
    _, signals = bank(HISTORY.bars[span.warm : span.end])
    said = {int(each["ts_event"]): float(each["side"]) for each in signals}
    account, equity = Plain(COSTLY, cash), []
    for bar in HISTORY.bars[span.first : span.end]:
        ts = int(bar["ts_event"])
        account.moment([bar], {int(bar["symbol"]): said[ts]} if ts in said else {})
        equity.append(account.equity)
    return equity


def returns(equity: list[float]) -> list[float]:
    return [now / before - 1 for before, now in zip([COSTLY.cash, *equity], equity, strict=False)]


def ratio(*spans: list[float]) -> float:
    every = np.concatenate([returns(each) for each in spans])
    return float(every.mean() / every.std(ddof=1))


def run(kernels: Path, folder: Path, request: Request) -> Report:
    return swept(request, HISTORY, COSTLY, kernels, out=folder, told=lambda *_: None)


def compared(report: Report, wanted: list[tuple[int, list[float]]]) -> None:
    """The same chosen, the same equity where it was tried, and all of it one after another."""
    assert [each.point for each in report.trials] == [{"period": period} for period, _ in wanted]
    whole, wealth = [], COSTLY.cash
    for trial, (_, equity) in zip(report.trials, wanted, strict=True):
        np.testing.assert_allclose(trial.equity["equity"].to_numpy(), equity, rtol=1e-9)
        whole += [each * wealth / COSTLY.cash for each in equity]
        wealth = whole[-1]
    out = joined(report.trials, COSTLY.cash)
    np.testing.assert_allclose(out["equity"].to_numpy(), whole, rtol=1e-9)
    told = together(report.trials, COSTLY.cash)
    assert told["total_return"] == pytest.approx(whole[-1] / COSTLY.cash - 1)
    assert told["max_drawdown"] == pytest.approx(
        max(1 - np.array(whole) / np.maximum.accumulate([COSTLY.cash, *whole])[1:])
    )
    assert pl.read_parquet(report.folder / "out_of_sample.parquet").equals(out)


@pytest.mark.parametrize("anchored", [False, True])
def test_walking_forward_is_what_its_plain_writing_says(kernels: Path, tmp_path: Path, anchored: bool) -> None:
    report = run(kernels, tmp_path, Request("momentum", "period=4..7", walk_forward="600/300", anchored=anchored))
    wanted = []
    for first in (0, 300, 600):
        chosen_on = Span(0, 0 if anchored else first, first + 600)
        best = max(PERIODS, key=lambda period: ratio(plain(period, chosen_on, kernels)))
        wanted.append((best, plain(best, Span(0, first + 600, first + 900), kernels)))
    compared(report, wanted)
    assert report.table.select("fold", "point").rows() == [(fold, point) for fold in range(3) for point in range(4)]
    assert (report.row, report.verdict) == (None, None)


def test_purged_cross_validation_is_what_its_plain_writing_says(kernels: Path, tmp_path: Path) -> None:
    request = Request("momentum", "period=4..7", folds=3, embargo="60", purge="20m")
    report = run(kernels, tmp_path, request)
    wanted = []
    for first in (0, 500, 1_000):
        behind = min(first + 580, 1_500)
        before, after = Span(0, 0, max(first - 20, 0)), Span(behind, behind, 1_500)
        spans = [each for each in (before, after) if each.first < each.end]
        ratios = {period: ratio(*(plain(period, span, kernels) for span in spans)) for period in PERIODS}
        best = max(PERIODS, key=ratios.__getitem__)
        wanted.append((best, plain(best, Span(0, first, first + 500), kernels)))
    compared(report, wanted)


def test_spans_together_have_the_moments_of_all_their_returns(kernels: Path) -> None:
    spans = (Span(0, 0, 500), Span(700, 700, 1_500))
    momentum = family("momentum")
    parts = [evaluated(momentum, [{"period": 5}], HISTORY, COSTLY, kernels, span=span) for span in spans]
    found = combined(parts, COSTLY.cash).row(0, named=True)
    every = np.concatenate([returns(plain(5, span, kernels)) for span in spans])
    assert {name: found[name] for name in moments(every)} == pytest.approx(moments(every))
    assert (found["returns"], found["moments"]) == (1_300, 1_300)
    assert found["sharpe"] == pytest.approx(every.mean() / every.std(ddof=1) * found["a_year"] ** 0.5)
    assert found["sortino"] == pytest.approx(every.mean() / found["return_below"] ** 0.5 * found["a_year"] ** 0.5)
    assert found["end_equity"] == pytest.approx(COSTLY.cash * np.prod(1 + every))
    assert found["trades"] == sum(part["trades"][0] for part in parts)
    assert found["a_year"] == pytest.approx(365.25 * 1440, rel=0.01)


def test_nothing_is_held_where_nothing_is_worth_anything(kernels: Path, tmp_path: Path) -> None:
    """Of a price that stands still no strategy has a Sharpe ratio."""
    still = HISTORY.bars.copy()
    for name in ("open", "high", "low", "close", "vwap"):
        still[name][:600] = 100.0
    history = History(still, HISTORY.symbols, HISTORY.timeframe)
    request = Request("momentum", "period=4|5", walk_forward="500/500")
    report = swept(request, history, COSTLY, kernels, out=tmp_path, told=lambda *_: None)
    assert report.trials[0].point is None
    assert report.trials[0].equity["equity"].unique().to_list() == [COSTLY.cash]
    assert report.trials[1].point is not None
