"""Volume indicators."""

import math

import numpy as np
import talib

from tests.indicators.cases.case import Case, Columns, Series, each, lagged, rolling


def hlcv(x: Columns) -> tuple[Series, ...]:
    return x["high"], x["low"], x["close"], x["volume"]


def _money(x: Columns) -> Series:
    reach = x["high"] - x["low"]
    with np.errstate(all="ignore"):
        share = ((x["close"] - x["low"]) - (x["high"] - x["close"])) / reach
    return np.where(reach > 0, share * x["volume"], 0.0)


def _weighted(price: Series, volume: Series, period: int) -> Series:
    found = np.full(len(price), np.nan)
    for i in range(period - 1, len(price)):
        part = slice(i - period + 1, i + 1)
        found[i] = math.fsum(price[part] * volume[part]) / math.fsum(volume[part])
    return found


def _session(x: Columns, starts: float) -> Series:
    days = (x["ts_open"] - starts * 3600e9) // 86400e9
    found = np.empty(len(days))
    for day in np.unique(days):
        own = days == day
        found[own] = np.cumsum(x["vwap"][own] * x["volume"][own]) / np.cumsum(x["volume"][own])
    return found


def _anchored(x: Columns, at: int) -> Series:
    after = x["ts_open"] >= at * 1e9
    turned = np.cumsum(np.where(after, x["vwap"] * x["volume"], 0))
    volume = np.cumsum(np.where(after, x["volume"], 0))
    with np.errstate(all="ignore"):
        return np.where(volume > 0, turned / volume, x["vwap"])


def _eom(x: Columns, period: int, unit: float) -> Series:
    middle = (x["high"] + x["low"]) / 2
    ease = (middle - lagged(middle, 1)) * (x["high"] - x["low"]) / (x["volume"] / unit)
    return rolling(ease, period, np.mean)


def _amihud(x: Columns, period: int) -> Series:
    before = lagged(x["close"], 1)
    change = np.abs(x["close"] - before) / before
    return rolling(change / (x["close"] * x["volume"]) * 1e6, period, np.mean)


def _profile(x: Columns, period: int, bins: int) -> tuple[Series, ...]:
    found = np.full((len(x["close"]), 3), np.nan)
    for i in range(period - 1, len(found)):
        prices, volumes = x["close"][i - period + 1 : i + 1], x["volume"][i - period + 1 : i + 1]
        low, high = prices.min(), prices.max()
        if low == high:
            found[i] = prices[-1]
            continue
        width = (high - low) / bins
        places = np.minimum(((prices - low) / width).astype(int), bins - 1)
        filled = np.bincount(places, weights=volumes, minlength=bins)
        first = last = best = int(np.argmax(filled))
        while filled[first : last + 1].sum() < 0.7 * filled.sum() and (first, last) != (0, bins - 1):
            below = filled[first - 1] if first else -1
            above = filled[last + 1] if last < bins - 1 else -1
            first, last = (first, last + 1) if above >= below else (first - 1, last)
        found[i] = low + (best + 0.5) * width, low + (last + 1) * width, low + first * width
    return found[:, 0], found[:, 1], found[:, 2]


def _ema(values: Series, period: int) -> Series:
    """Seeded with the mean of the first `period` values that are not NaN."""
    found, first = np.full(len(values), np.nan), int(np.isnan(values).sum()) + period - 1
    found[first] = values[first - period + 1 : first + 1].mean()
    for i in range(first + 1, len(values)):
        found[i] = found[i - 1] * (1 - 2 / (period + 1)) + values[i] * 2 / (period + 1)
    return found


def _kvo(x: Columns, fast: int, slow: int, signal: int) -> tuple[Series, ...]:
    level, reach = x["high"] + x["low"] + x["close"], x["high"] - x["low"]
    trend, since = -1.0, 0  # `since`: the last bar before the trend turned
    force = np.full(len(level), np.nan)
    for i in range(1, len(level)):
        now = float(np.sign(level[i] - level[i - 1])) or trend
        since = since if now == trend and i > 1 else i - 1
        trend = now
        total = math.fsum(reach[since : i + 1])
        force[i] = x["volume"][i] * abs(2 * reach[i] / total - 1) * trend * 100 if total else 0.0
    line = _ema(force, fast) - _ema(force, slow)
    mean = _ema(line, signal)
    return np.where(np.isnan(mean), np.nan, line), mean, line - mean


LOST = {"offset": "few digits are left of changes at 1e9"}

CASES = (
    Case("obv", lambda x: talib.OBV(x["close"], x["volume"]), unit="volume"),
    Case("money", _money, unit="volume", skip={"offset": "the range has few digits left at 1e9"}),
    Case("ad", lambda x: talib.AD(*hlcv(x)), unit="volume"),
    *each("adosc({}, {})", ((3, 10), (2, 4), (20, 100)), lambda x, *n: talib.ADOSC(*hlcv(x), *n), unit="volume"),
    *each("cmf({})", (2, 20, 200), lambda x, n: talib.CMF(*hlcv(x), n), unit=1.0),
    Case("turnover", lambda x: x["close"] * x["volume"], exact=True),
    *each("vwma({})", (2, 20, 200), lambda x, n: talib.VWMA(x["close"], x["volume"], n)),
    *each("vwap_rolling({})", (2, 20), lambda x, n: _weighted(x["vwap"], x["volume"], n)),
    *each("vwap_session({})", (0.0, 22.2), _session),
    *each("vwap_anchored({})", (0, 1_700_000_500), _anchored),
    *each("mfi({})", (2, 14, 100), lambda x, n: talib.MFI(*hlcv(x), n), unit=100.0),
    *each("efi({})", (2, 13, 100), lambda x, n: talib.EFI(x["close"], x["volume"], n), unit="value"),
    Case("pvt", lambda x: talib.PVT(x["close"], x["volume"]), unit="volume"),
    Case("nvi", lambda x: talib.NVI(x["close"], x["volume"]), unit=1000.0),
    Case("pvi", lambda x: talib.PVI(x["close"], x["volume"]), unit=1000.0),
    *each("pvo({}, {})", ((12, 26), (2, 5), (50, 200)), lambda x, *n: talib.PVO(x["volume"], *n, 1), unit=100.0),
    *each("kvo({}, {}, {})", ((34, 55, 13), (2, 5, 3)), _kvo, unit="volume"),
    *each("rvol({})", (2, 20), lambda x, n: talib.RVOL(x["volume"], n), unit=1.0),
    Case("marketfi", lambda x: talib.MARKETFI(x["high"], x["low"], x["volume"])),
    *each("eom({}, {})", ((14, 100.0), (1, 1.0)), _eom, unit="value", skip=LOST),
    *each("amihud({})", (1, 20), _amihud),
    *each("volume_profile({}, {})", ((100, 24), (5, 3), (300, 50)), _profile),
)
