"""Every indicator on bars against an oracle, at every row of many kinds of series."""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import indicators
from core.bank import Bank
from core.events import Batch
from core.node import ordered
from indicators import candles, indicator
from tests.indicators.cases import CASES, FAMILIES
from tests.indicators.cases.case import Case, Columns, Series

pytestmark = pytest.mark.timeout(400)  # the first test waits for the compiler of a large bank

KINDS = ("walk", "flat", "tiny", "offset", "spiky", "steps")
FIELDS = ("open", "high", "low", "close", "volume", "vwap", "ts_open", "ts_close")


def closes(kind: str, count: int) -> np.ndarray:
    random = np.random.default_rng(11)
    walk = np.cumsum(random.normal(0, 1, count))
    made: dict[str, np.ndarray] = {
        "walk": 100 * np.exp(walk * 1e-3),
        "flat": np.full(count, 42.0),
        "tiny": 1e-4 * np.exp(walk * 1e-3),
        "offset": 1e9 + walk,
        "spiky": 100 * np.exp(walk * 1e-3) * np.where(random.random(count) < 0.01, 3.0, 1.0),
        "steps": 100.0 + np.repeat(random.integers(-5, 6, count // 30), 30),
    }
    return made[kind]


def series(kind: str, make_bars: Callable[..., Batch], count: int = 3_000) -> Batch:
    random = np.random.default_rng(12)
    bars, close = make_bars(count), closes(kind, count)
    still = kind == "flat"
    bars["close"] = close
    bars["open"] = close if still else np.roll(close, 1)
    reach = close * 1e-4 * random.random((2, count))
    bars["high"], bars["low"] = np.maximum(bars["open"], close), np.minimum(bars["open"], close)
    if not still:
        bars["high"] += reach[0]
        bars["low"] -= reach[1]
    bars["vwap"] = (bars["high"] + bars["low"] + close) / 3
    return bars


Computed = Callable[[str, str], tuple[Columns, Batch]]


@pytest.fixture(scope="module")
def computed(kernels: Path, make_bars: Callable[..., Batch]) -> Computed:
    """The columns of a kind of series, and the values of a family's cases on it: each family is one bank."""

    @functools.cache
    def bank(family: str) -> Bank:
        nodes = {node.name: node for node in (indicator(case.call) for case in FAMILIES[family])}
        return Bank(tuple(nodes.values()), ("1s",), kernels)

    @functools.cache
    def values(family: str, kind: str) -> tuple[Columns, Batch]:
        bars = series(kind, make_bars)
        bank(family).clear(1)
        x = {name: np.ascontiguousarray(bars[name], dtype=float) for name in FIELDS}
        return x, bank(family)(bars)[0]

    return values


def scale_of(case: Case, x: Columns, right: Series) -> float:
    units = {"price": x["close"], "volume": x["volume"], "value": np.zeros(1), "largest": np.abs(right)}
    return float(np.nanmax(units[case.unit])) if isinstance(case.unit, str) else case.unit


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("family", "case"), CASES, ids=[case.call for _, case in CASES])
def test_values_equal_the_oracle_at_every_bar(family: str, case: Case, kind: str, computed: Computed) -> None:
    if kind in case.skip:
        pytest.skip(case.skip[kind])
    x, values = computed(family, kind)
    node, expected = indicator(case.call), case.oracle(x)
    for column, right in zip(node.columns, expected if isinstance(expected, tuple) else (expected,), strict=True):
        found = values[column]
        assert np.isnan(found[: node.ready_after]).all(), f"{column} has values before it says it is ready"
        assert not np.isnan(found[node.ready_after :]).any(), f"{column} has no value after it says it is ready"
        if case.exact:
            np.testing.assert_array_equal(found, right, err_msg=column)
        else:
            np.testing.assert_allclose(
                found, right, rtol=1e-9, atol=1e-9 * scale_of(case, x, right), equal_nan=True, err_msg=column
            )


def test_every_indicator_on_bars_is_compared() -> None:
    compared = {node.step for _, case in CASES for node in ordered((indicator(case.call),))}
    others = [maker for maker in indicators.ALL if maker not in candles.ALL]  # test_candles.py compares those
    assert {maker.__name__ for maker in others if maker().on == "bars" and maker().step not in compared} == set()
