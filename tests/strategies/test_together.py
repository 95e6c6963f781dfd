"""Many strategies together, against each by itself."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from core.bank import Bank
from core.events import GAP, Batch
from core.making import parameters
from core.node import Node
from core.source import planned
from strategies import ALL, crossover, donchian_breakout
from strategies.backtest import Account, backtest
from strategies.performance import performance
from strategies.tallying import PARTS, figures, period_of
from strategies.terms import Terms
from strategies.together import machines, together

TERMS = Terms(share=0.4, commission=0.0003, spread=0.0002, stop=0.03, target=0.05, borrow=0.02)
SHARED = (
    "end_equity",
    "total_return",
    "sharpe",
    "sortino",
    "omega",
    "max_drawdown",
    "exposure",
    "trades",
    "fills",
    "fees",
)


def smaller(make: Callable[..., Node]) -> Node:
    """A strategy with every number smaller."""
    numbers = [each for each in parameters(make) if isinstance(each.default, int | float)]
    return make(**{each.name: type(each.default)(each.default * 0.6) for each in numbers})


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_together_is_each_by_itself(kernels: Path, make_bars: Callable[..., Batch], make: Callable[..., Node]) -> None:
    for apart in (1, 600):  # a return a moment, and one a day
        bars = make_bars(3_000, symbols=2, seed=3)
        for name in ("ts_event", "ts_close", "ts_open"):
            bars[name] = bars["ts_event"][0] + (bars[name] - bars["ts_event"][0]) * apart
        bars["quality"][::70] = GAP
        nodes, (_, a_year) = [smaller(make), make(), smaller(make)], period_of(bars["ts_event"])
        found = figures(together(nodes, bars, 2, TERMS, kernels), TERMS.cash, a_year)
        assert len(set(found["end_equity"].tolist())) == 2 or apart == 1
        for place, node in enumerate(nodes[:2]):
            alone = performance(backtest(node, bars, 2, TERMS, kernels))
            for name in SHARED:
                expected = np.nan if alone[name] is None else alone[name]
                said = f"{name} of {node.call}"
                np.testing.assert_allclose(found[name][place], expected, rtol=1e-9, atol=1e-12, err_msg=said)


def kernel_names(nodes: Sequence[Node], folder: Path) -> list[tuple[str, list[int]]]:
    found = machines([planned((node,)) for node in nodes], folder)
    return [(machine.kernel.__name__, places) for places, machine in found]


def test_numbers_share_a_kernel_and_shapes_do_not(kernels: Path) -> None:
    first = kernel_names([crossover(3, 8), crossover(5, 200), crossover(1, 8), crossover(3, 14)], kernels)
    assert [places for _, places in first] == [[0, 1, 3], [2]]
    assert len({name for name, _ in first}) == 2
    assert kernel_names([crossover(4, 190), crossover(40, 60)], kernels)[0][0] == first[0][0]


def test_the_returns_of_a_tally_have_the_moments_of_those_of_the_account(
    kernels: Path, make_bars: Callable[..., Batch]
) -> None:
    bars, node = make_bars(4_007, seed=9), donchian_breakout(10)
    _, a_year = period_of(bars["ts_event"])
    tallies = together([node], bars, 1, TERMS, kernels)
    found = figures(tallies, TERMS.cash, a_year)
    equity = np.concatenate([[TERMS.cash], backtest(node, bars, 1, TERMS, kernels).points["equity"]])
    returns = equity[1:] / equity[:-1] - 1
    away = returns - returns.mean()
    expected = {
        "returns": len(returns), "mean": returns.mean(), "variance": returns.var(ddof=1),
        "skew": np.mean(away**3) / np.mean(away**2) ** 1.5, "kurtosis": np.mean(away**4) / np.mean(away**2) ** 2,
    }  # fmt: skip
    for name, value in expected.items():
        assert found[name][0] == pytest.approx(value, rel=1e-9), name
    parts = returns[len(returns) % PARTS :].reshape(PARTS, -1)
    np.testing.assert_allclose(tallies["parts"][0], parts.sum(axis=1), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(tallies["squares"][0], (parts**2).sum(axis=1), rtol=1e-9)
    assert not together([node], bars[:15], 1, TERMS, kernels)["parts"].any()


def test_bars_before_are_seen_and_not_traded(kernels: Path, make_bars: Callable[..., Batch]) -> None:
    bars, node = make_bars(4_000, symbols=2, seed=9), crossover(3, 8)
    followed = 2_500
    bank, account = Bank((node,), ("1s",), kernels), Account(2, TERMS, kernels)
    bank.clear(2)
    bank(bars[:followed].copy())
    rest = bars[followed:].copy()
    said = bank(rest)[1]
    account.follow(rest, said)
    run = backtest(node, bars, 2, TERMS, kernels, followed=followed)
    assert (run.bars, run.points.tobytes(), run.fills.tobytes()) == (
        len(rest), account.points().tobytes(), account.fills().tobytes(),
    )  # fmt: skip
    assert run.signals["ts_event"].tolist() == said["ts_event"].tolist()
    tally = together([node], bars, 2, TERMS, kernels, followed=followed)[0]
    fills, equity = account.fills(), account.points()["equity"]
    assert (tally["fills"], tally["moments"], tally["equity"]) == (len(fills), len(equity), equity[-1])
    assert tally["fees"] == pytest.approx(fills["fee"].sum())
    assert fills["ts_event"][0] >= rest["ts_open"][0]
