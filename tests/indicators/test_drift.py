"""Ten million rows later: windowed indicators near 1e9 are as exact as on the first."""

from pathlib import Path

import numpy as np

from core.bank import Bank
from core.events import BAR, Batch
from indicators import bollinger, correl, kurtosis, linearreg_slope, rolling_sum, sma, stddev, vwma, wma, zscore
from tests.indicators.cases.case import windows

NODES = (
    sma(20), stddev(20), bollinger(20, 2.0), wma(20), rolling_sum(20), linearreg_slope(20), zscore(20), kurtosis(20),
    vwma(20), correl(20),
)  # fmt: skip
PART, PARTS = 500_000, 20


def after_ten_million(bank: Bank) -> tuple[Batch, Batch]:
    """The last bars of a long walk near 1e9, and their values."""
    bank.grow(1)
    random = np.random.default_rng(4)
    bars, last = np.zeros(PART, dtype=BAR), 1e9
    for _ in range(PARTS):
        bars["close"] = last + np.cumsum(random.normal(0, 1, PART))
        bars["high"], bars["low"] = bars["close"] + random.random(PART), bars["close"] - random.random(PART)
        bars["volume"] = random.integers(1, 1000, PART)
        last = float(bars["close"][-1])
        values, _ = bank(bars)
    return bars, values


def test_nothing_drifts_over_ten_million_rows(kernels: Path) -> None:
    bank = Bank(NODES, ("1s",), kernels)
    bars, values = after_ten_million(bank)
    tail = {name: bars[name][-1_019:].astype(np.longdouble) for name in ("close", "high", "low", "volume")}
    found = {name: values[name][-1_000:] for name in bank.outputs}
    away = windows(tail["close"] - tail["close"][0], 20)
    mean, spread = away.mean(axis=1), away.std(axis=1)
    middle = mean + tail["close"][0]
    volumes = windows(tail["volume"], 20)

    def check(name: str, right: np.ndarray, most: float) -> None:
        worst = float(np.max(np.abs(found[name] - right) / np.abs(right)))
        assert worst <= most, f"{name} is {worst:.1e} away after {PART * PARTS:,} rows"

    check("sma_20", middle, 1e-12)
    check("bollinger_20_2_upper", middle + 2 * spread, 1e-12)
    check("stddev_20", spread, 1e-11)
    check("wma_20", (windows(tail["close"], 20) * np.arange(1, 21)).sum(axis=1) / 210, 1e-12)
    check("rolling_sum_20", middle * 20, 1e-12)
    check("vwma_20", (windows(tail["close"], 20) * volumes).sum(axis=1) / volumes.sum(axis=1), 1e-12)
    places = np.arange(20) - 9.5
    slope = (away * places).sum(axis=1) / (places**2).sum()
    assert float(np.max(np.abs(found["linearreg_slope_20"] - slope))) <= 1e-11
    assert float(np.max(np.abs(found["zscore_20"] - (away[:, -1] - mean) / spread))) <= 1e-11
    fourth = ((away - mean[:, None]) ** 4).mean(axis=1) / spread**4 - 3
    assert float(np.max(np.abs(found["kurtosis_20"] - fourth))) <= 1e-11
    high, low = (windows(tail[name] - tail[name][0], 20) for name in ("high", "low"))
    both = ((high - high.mean(axis=1)[:, None]) * (low - low.mean(axis=1)[:, None])).mean(axis=1)
    assert float(np.max(np.abs(found["correl_20"] - both / (high.std(axis=1) * low.std(axis=1))))) <= 1e-11
