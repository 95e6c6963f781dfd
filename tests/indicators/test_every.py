"""The contract every indicator and strategy keeps, run over both lists."""

import doctest
import importlib
import math
import pkgutil
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

import indicators
import strategies
from core.bank import Bank
from core.errors import BadInput
from core.events import BAR, Batch
from core.node import FIELDS, Node, ordered
from core.plain import together
from indicators import candles
from tests.indicators.assembly import counted
from tests.indicators.cases import CASES

pytestmark = pytest.mark.timeout(400)  # the first test waits for the compiler of a large bank

EVERY = [maker() for maker in (*indicators.ALL, *strategies.ALL)]
_names = [node.name for node in EVERY]
# Those on trades and quotes are run by test_micro.py, candlestick patterns by test_candles.py.
BARS = [node for node in EVERY if node.on == "bars" and not node.name.startswith("cdl_")]
_on_bars = [node.name for node in BARS]
MakeBars = Callable[..., Batch]


def start(bank: Bank, symbols: int = 4) -> Bank:
    """The bank as new."""
    bank.clear(symbols)
    return bank


def by_hand(bars: Batch) -> dict[str, np.ndarray]:
    """Every node's outputs, a step at a time in plain Python, one symbol."""
    found = together(BARS, {name: bars[name].tolist() for name in FIELDS["bars"]})
    return {name: np.array(values) for name, values in found.items()}


def columns(values: Batch, node: Node) -> np.ndarray:
    return np.column_stack([values[name] for name in node.columns])


@pytest.mark.parametrize("package", [indicators, strategies], ids=["indicators", "strategies"])
def test_every_module_in_the_folder_is_listed(package: object) -> None:
    found = {module.name for module in pkgutil.iter_modules(package.__path__)}  # type: ignore[attr-defined]
    listed = {maker.__name__ for maker in package.ALL}  # type: ignore[attr-defined]
    others = {
        "candles",
        "backtest",
        "deflated",
        "execution",
        "machine",
        "performance",
        "tallying",
        "terms",
        "through",
        "together",
    }
    others |= {"files", "following", "frames", "incremental", "lookahead", "sealed", "verdicts", "warming"}
    assert found - others == {name for name in listed if not name.startswith("cdl_")}


def test_every_pattern_in_the_candles_folder_is_listed() -> None:
    modules = [module.name for module in pkgutil.iter_modules(candles.__path__)]
    made = [vars(importlib.import_module(f"indicators.candles.{name}")) for name in modules]
    assert {name for names in made for name in names if name.startswith("cdl_")} == {
        maker.__name__ for maker in candles.ALL
    }


@pytest.mark.parametrize("module", sorted({node.step.__module__ for node in EVERY}))
def test_the_example_in_its_docstring_is_true(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted > 0
    assert result.failed == 0


def test_compiled_equals_interpreted_bit_for_bit(bank: Bank, make_bars: MakeBars) -> None:
    bars = make_bars(400, seed=3)
    values, _ = start(bank)(bars)
    right = by_hand(bars)
    for name in (name for node in BARS for name in node.columns):
        np.testing.assert_array_equal(values[name], right[name], err_msg=name)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=some.lists(some.integers(0, 600), max_size=12), seed=some.integers(0, 99))
def test_whole_equals_one_by_one_equals_ragged(bank: Bank, make_bars: MakeBars, cuts: list[int], seed: int) -> None:
    bars = make_bars(600, symbols=4, seed=seed)
    whole, signals = start(bank)(bars)
    for edges in (sorted({0, *cuts, 600}), range(601)):
        start(bank)
        parts = [bank(bars[a:b]) for a, b in pairwise(edges)]
        assert np.concatenate([values for values, _ in parts]).tobytes() == whole.tobytes()
        assert np.concatenate([found for _, found in parts]).tobytes() == signals.tobytes()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prices=some.lists(some.floats(1e-6, 1e9), min_size=60, max_size=120))
def test_any_positive_prices_give_the_same_compiled_and_interpreted(bank: Bank, prices: list[float]) -> None:
    bars = np.zeros(len(prices), dtype=BAR)
    bars["open"] = bars["high"] = bars["low"] = bars["close"] = prices
    values, _ = start(bank)(bars)
    right = by_hand(bars)
    for name in (name for node in BARS for name in node.columns):
        np.testing.assert_array_equal(values[name], right[name], err_msg=name)


@pytest.mark.parametrize("node", BARS, ids=_on_bars)
def test_warm_up_is_nan_for_as_long_as_it_says_and_never_after(node: Node, bank: Bank, make_bars: MakeBars) -> None:
    values, _ = start(bank)(make_bars(300, seed=5))
    missing = np.isnan(columns(values, node))
    assert missing[: node.ready_after].all()
    assert not missing[node.ready_after :].any()


@pytest.mark.parametrize("price", [1e-6, 1.0, 123.45, 1e9])
def test_a_price_that_stands_still_gives_finite_values(bank: Bank, price: float) -> None:
    bars = np.zeros(5_000, dtype=BAR)
    bars["open"] = bars["high"] = bars["low"] = bars["close"] = price
    values, signals = start(bank)(bars)
    assert all(np.isfinite(columns(values, node)[node.ready_after :]).all() for node in BARS)
    assert len(signals) == 0


def test_symbols_and_timeframes_do_not_leak_into_each_other(bank: Bank, make_bars: MakeBars) -> None:
    mixed = make_bars(600, symbols=4, seed=7)
    mixed["timeframe"] = np.random.default_rng(7).choice([0, 4], 600)  # 1s and 1m
    values, _ = start(bank)(mixed)
    for symbol in range(4):
        for timeframe in (0, 4):
            own = (mixed["symbol"] == symbol) & (mixed["timeframe"] == timeframe)
            alone, _ = start(bank)(mixed[own])
            assert alone.tobytes() == values[own].tobytes()


def test_a_restored_snapshot_goes_on_as_if_never_stopped(bank: Bank, make_bars: MakeBars) -> None:
    bars = make_bars(500, symbols=4, seed=9)
    start(bank)(bars[:250])
    snapshot = bank.state.copy(), bank.ticks.copy()
    expected, _ = bank(bars[250:])
    start(bank)
    bank.state[:], bank.ticks[:] = snapshot
    assert bank(bars[250:])[0].tobytes() == expected.tobytes()


CALLED = [*EVERY, *(indicators.indicator(case.call) for _, case in CASES)]


@pytest.mark.parametrize("node", CALLED, ids=[node.call for node in CALLED])
def test_what_it_is_called_makes_the_same_node_again(node: Node) -> None:
    again = (strategies.strategy if node.kind == "strategy" else indicators.indicator)(node.call)
    assert (again.name, again.call) == (node.name, node.call)
    assert again.same(node)
    assert node.about


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('extreme(14, "low")', "extreme(14, of=low)"),
        ("comoments(30, x=close)", "comoments(30, y=close)"),
        ('ma(9, "tema")', 'ma(9, "dema")'),
        ("vwap_anchored(1700000000)", "vwap_anchored(1700000001)"),
        ("bollinger(20, 2.5)", "bollinger(20, 25)"),
        ('ema(3, seed="first")', "ema(3)"),
        ("sma(3, of=macd.line)", "sma(3, of=macd.signal)"),
    ],
)
def test_different_nodes_have_different_names(one: str, other: str) -> None:
    names = [{each.name for each in ordered((indicators.indicator(call),))} for call in (one, other)]
    assert indicators.indicator(one).name != indicators.indicator(other).name
    ordered((indicators.indicator(one), indicators.indicator(other)))  # refuses names that clash
    assert names[0] != names[1]


def test_a_choice_may_be_written_without_quotes() -> None:
    assert indicators.indicator("ma(9, kind=tema)").same(indicators.indicator('ma(9, "tema")'))
    assert indicators.indicator("ma(9, tema)").same(indicators.indicator('ma(9, "tema")'))


@pytest.mark.parametrize(
    "text",
    [
        "ema(0)",
        "ema(2.5)",
        "ema('x')",
        "emma(3)",
        "ema(3",
        "ema(3, 4)",
        "ema(3, of=3)",
        "ema(3, of=macd)",
        "ema(3, of=closed)",
        "__import__('os')",
    ],
)
def test_a_wrong_request_is_answered_with_a_sentence(text: str) -> None:
    with pytest.raises(BadInput, match=r"must be|expected one of|expected a field|ema\(3, 4\)"):
        indicators.indicator(text)


@pytest.mark.parametrize(
    ("maker", "arguments"),
    [
        (indicators.macd, (26, 12, 9)),
        (indicators.bollinger, (20, math.nan)),
        (strategies.crossover, (5, 5)),
        (strategies.rsi_reversal, (14, 70.0, 30.0)),
    ],
)
def test_parameters_that_make_no_sense_are_refused(maker: Callable[..., Node], arguments: tuple[float, ...]) -> None:
    with pytest.raises(BadInput, match="must be"):
        maker(*arguments)


def test_no_reference_is_counted(bank: Bank) -> None:
    """Counting references of views costs six times the arithmetic; an argument may be counted, once a call."""
    assert [name for name, times in counted(bank).items() if times > 1] == []
