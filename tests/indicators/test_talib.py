"""Every indicator against TA-Lib's batch result, at every index."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import talib
from numpy.typing import NDArray

from core.bank import Bank
from core.events import Batch
from indicators import atr, bollinger, ema, indicator, macd, rsi, sma

Series = NDArray[np.float64]
Ohlc = dict[str, Series]
CASES: list[tuple[str, Callable[[Ohlc], tuple[Series, ...]]]] = [
    *((f"ema({n})", lambda x, n=n: (talib.EMA(x["close"], n),)) for n in (2, 3, 20, 200)),
    *((f"sma({n})", lambda x, n=n: (talib.SMA(x["close"], n),)) for n in (2, 20, 200)),
    *((f"rsi({n})", lambda x, n=n: (talib.RSI(x["close"], n),)) for n in (2, 14, 100)),
    *((f"atr({n})", lambda x, n=n: (talib.ATR(x["high"], x["low"], x["close"], n),)) for n in (2, 14, 100)),
    *((f"macd{n}", lambda x, n=n: talib.MACD(x["close"], *n)) for n in ((12, 26, 9), (3, 7, 2))),
    *((f"bollinger{n}", lambda x, n=n: talib.BBANDS(x["close"], n[0], n[1], n[1])) for n in ((20, 2.0), (5, 1.5))),
]


def series(kind: str, count: int = 3_000) -> Ohlc:
    random = np.random.default_rng(11)
    walk = np.cumsum(random.normal(0, 1, count))
    close = {
        "walk": 100 * np.exp(walk * 1e-3),
        "flat": np.full(count, 42.0),
        "tiny": 1e-4 * np.exp(walk * 1e-3),
        "offset": 1e9 + walk,
        "spiky": 100 * np.exp(walk * 1e-3) * np.where(random.random(count) < 0.01, 3.0, 1.0),
        "steps": 100.0 + np.repeat(random.integers(-5, 6, count // 30), 30),
    }[kind]
    reach = close * 1e-4 * (random.random(count) if kind != "flat" else np.zeros(count))
    return {"high": close + reach, "low": close - reach, "close": close}


@pytest.fixture(scope="module")
def bank(kernels: Path) -> Bank:
    return Bank(tuple(indicator(call) for call, _ in CASES), ("1s",), kernels)


@pytest.mark.parametrize("kind", ["walk", "flat", "tiny", "offset", "spiky", "steps"])
def test_values_equal_talib_to_a_billionth_at_every_bar(bank: Bank, make_bars: Callable[..., Batch], kind: str) -> None:
    given = series(kind)
    bars = make_bars(len(given["close"]))
    for name, values_of in given.items():
        bars[name] = values_of
    bank.state = bank.state[:, :0]
    bank.grow(1)
    values, _ = bank(bars)
    for call, oracle in CASES:
        for column, expected in zip(indicator(call).columns, oracle(given), strict=True):
            # relative to the price where a value is a small difference of prices
            scale = 1.0 if call.startswith("rsi") else float(np.max(given["close"]))
            np.testing.assert_allclose(
                values[column], expected, rtol=1e-9, atol=1e-9 * scale, equal_nan=True, err_msg=f"{column} on {kind}"
            )


def test_every_indicator_is_compared_with_talib() -> None:
    compared = {indicator(call).step for call, _ in CASES}
    assert compared == {maker().step for maker in (atr, bollinger, ema, macd, rsi, sma)}


def test_the_deviation_does_not_drift_over_a_million_bars(kernels: Path, make_bars: Callable[..., Batch]) -> None:
    bars = make_bars(1_000_000, seed=2)
    bars["close"] += 1e6
    bank = Bank((bollinger(20, 1.0), sma(20)), ("1s",), kernels)
    bank.grow(1)
    values, _ = bank(bars)
    windows = np.lib.stride_tricks.sliding_window_view(bars["close"][-1000:], 20)
    spread = values["bollinger_20_1_upper"][-981:] - values["bollinger_20_1_middle"][-981:]
    np.testing.assert_allclose(spread, windows.std(axis=1), rtol=1e-6)
    np.testing.assert_allclose(values["sma_20"][-981:], windows.mean(axis=1), rtol=1e-14)
