"""Averages, bands and stops."""

import math

import numpy as np
import talib

from tests.indicators.cases.case import Case, Columns, Series, each, lagged, rolling


def _alma(x: Columns, period: int) -> Series:
    weights = [
        math.exp(-((i - 0.85 * (period - 1)) ** 2) / (2 * (period / 6.0) ** 2)) for i in range(period)
    ]  # oldest first
    total = math.fsum(weights)
    return rolling(x["close"], period, lambda w: math.fsum(a * b for a, b in zip(w, weights, strict=True)) / total)


def _middle(x: Columns, period: int) -> Series:
    return (rolling(x["high"], period, np.max) + rolling(x["low"], period, np.min)) / 2


def _ichimoku(x: Columns, conversion: int, base: int, span: int, shift: int) -> tuple[Series, ...]:
    first, second = _middle(x, conversion), _middle(x, base)
    found = first, second, lagged((first + second) / 2, shift), lagged(_middle(x, span), shift)
    missing = np.isnan(np.column_stack(found)).any(axis=1)
    return tuple(np.where(missing, np.nan, each) for each in found)


def _supertrend(x: Columns, period: int, width: float) -> tuple[Series, Series]:
    stop, trend = talib.SUPERTREND(x["high"], x["low"], x["close"], period, width)
    return stop, np.where(np.isnan(stop), np.nan, trend)


def _percent_b(x: Columns) -> Series:
    upper, _, lower = talib.BBANDS(x["close"], 20, 2, 2)
    reach = upper - lower
    with np.errstate(all="ignore"):
        return np.where(reach == 0, 0.5, (x["close"] - lower) / reach)


def _band_width(x: Columns) -> Series:
    upper, middle, lower = talib.BBANDS(x["close"], 20, 2, 2)
    return np.asarray((upper - lower) / middle)


CASES = (
    *each("wma({})", (1, 2, 30, 200), lambda x, n: talib.WMA(x["close"], n)),
    *each("rma({})", (2, 14), lambda x, n: talib.RMA(x["close"], n)),
    *each("dema({})", (2, 30), lambda x, n: talib.DEMA(x["close"], n)),
    *each("tema({})", (2, 30), lambda x, n: talib.TEMA(x["close"], n)),
    *each("t3({}, {})", ((5, 0.7), (3, 0.4)), lambda x, n, v: talib.T3(x["close"], n, v)),
    *each("trima({})", (2, 3, 30), lambda x, n: talib.TRIMA(x["close"], n)),
    *each("hma({})", (4, 9, 20), lambda x, n: talib.HMA(x["close"], n)),
    *each("zlema({})", (2, 9, 30), lambda x, n: talib.ZLEMA(x["close"], n)),
    *each("kama({})", (2, 10, 30), lambda x, n: talib.KAMA(x["close"], n)),
    *each("alma({})", (2, 9, 30), _alma),
    Case('ma(9, "tema")', lambda x: talib.MA(x["close"], 9, talib.MA_Type.TEMA)),
    *each("midpoint({})", (2, 14), lambda x, n: talib.MIDPOINT(x["close"], n), exact=True),
    *each("midprice({})", (2, 14), lambda x, n: talib.MIDPRICE(x["high"], x["low"], n), exact=True),
    *each("highest({})", (2, 30, 500), lambda x, n: talib.MAX(x["close"], n), exact=True),
    *each("lowest({})", (2, 30, 500), lambda x, n: talib.MIN(x["close"], n), exact=True),
    *each(
        "highest_age({})", (3, 30), lambda x, n: rolling(x["close"], n, lambda w: float(np.argmax(w[::-1]))), unit=1.0
    ),
    *each(
        "lowest_age({})", (3, 30), lambda x, n: rolling(x["close"], n, lambda w: float(np.argmin(w[::-1]))), unit=1.0
    ),
    *each(
        'extreme({}, "high", of=high)',
        (2, 64),
        lambda x, n: (talib.MAX(x["high"], n), rolling(x["high"], n, lambda w: float(np.argmax(w[::-1])))),
    ),
    *each("donchian({})", (2, 20), lambda x, n: talib.DONCHIAN(x["high"], x["low"], n)),
    *each(
        "keltner({}, {}, {})", ((20, 10, 2.0), (5, 9, 1.5)), lambda x, *n: talib.KC(x["high"], x["low"], x["close"], *n)
    ),
    *each("ichimoku({}, {}, {}, {})", ((9, 26, 52, 26), (2, 3, 4, 2)), _ichimoku),
    *each("accbands({})", (2, 20), lambda x, n: talib.ACCBANDS(x["high"], x["low"], x["close"], n)),
    *each("sar({}, {})", ((0.02, 0.2), (0.1, 0.4)), lambda x, *n: talib.SAR(x["high"], x["low"], *n)),
    *each("supertrend({}, {})", ((10, 3.0), (3, 1.0)), _supertrend),
    Case("bollinger_b", _percent_b, unit=1.0, skip={"flat": "bands of the width of a rounding error"}),
    Case("bollinger_width", _band_width, unit=1.0),
    Case("avgprice", lambda x: talib.AVGPRICE(x["open"], x["high"], x["low"], x["close"])),
    Case("medprice", lambda x: talib.MEDPRICE(x["high"], x["low"]), exact=True),
    Case("typprice", lambda x: talib.TYPPRICE(x["high"], x["low"], x["close"])),
    Case("wclprice", lambda x: talib.WCLPRICE(x["high"], x["low"], x["close"])),
    Case("ha", lambda x: talib.HA(x["open"], x["high"], x["low"], x["close"])),
)
