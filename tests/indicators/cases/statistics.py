"""Regressions, moments, order statistics and volatility."""

import math
from collections.abc import Callable

import numpy as np
import talib

from tests.indicators.cases.case import Case, Columns, Series, each, lagged, rolling
from tests.indicators.cases.momentum import hlc

Long = np.longdouble


def _pairs(x: Series, y: Series, period: int, function: Callable[[Series, Series], float]) -> Series:
    """`function` of every window of two series, in higher precision; NaN where a window holds NaN."""
    found = np.full(len(x), np.nan)
    a, b = x.astype(Long), y.astype(Long)
    for i in range(period - 1, len(x)):
        first, second = a[i - period + 1 : i + 1], b[i - period + 1 : i + 1]
        if not (np.isnan(first).any() or np.isnan(second).any()):
            found[i] = function(first, second)
    return found


def _cov(a: Series, b: Series) -> float:
    a, b = a - a[0], b - b[0]
    return float(((a - a.mean()) * (b - b.mean())).mean())


def _correl(x: Columns, period: int) -> Series:
    def one(a: Series, b: Series) -> float:
        spread = _cov(a, a) * _cov(b, b)
        return _cov(a, b) / math.sqrt(spread) if spread > 0 else 0.0

    return _pairs(x["high"], x["low"], period, one)


def _beta(x: Columns, period: int) -> Series:
    high, low = (np.asarray(x[name].astype(Long) / lagged(x[name], 1) - 1) for name in ("high", "low"))
    return _pairs(high, low, period, lambda a, b: _cov(a, b) / _cov(a, a) if _cov(a, a) > 0 else 0.0)


def _comoments(x: Columns, period: int) -> tuple[Series, ...]:
    pairs = (("high", "high"), ("low", "low"), ("high", "low"))
    return tuple(_pairs(x[a], x[b], period, _cov) for a, b in pairs)


def _line(x: Columns, period: int) -> tuple[Series, Series]:
    places = np.arange(period).astype(Long)
    away = places - places.mean()

    def slope(window: Series) -> float:
        return float((away * (window - window.mean())).sum() / (away * away).sum())

    def intercept(window: Series) -> float:
        return float(window.mean() - (away * (window - window.mean())).sum() / (away * away).sum() * places.mean())

    close = x["close"].astype(Long)
    return rolling(close, period, slope), rolling(close, period, intercept)


def _moment(values: Series, period: int, power: int) -> Series:
    def one(window: Series) -> float:
        window = window - window[0]
        away = window - window.mean()
        second = (away**2).mean()
        if second == 0:
            return 0.0
        return float((away**power).mean() / second ** (Long(power) / 2)) - (3.0 if power == 4 else 0.0)

    return rolling(values.astype(Long), period, one)


def _zscore(x: Columns, period: int) -> Series:
    def one(window: Series) -> float:
        window = window - window[0]
        spread = math.sqrt(((window - window.mean()) ** 2).mean())
        return float(window[-1] - window.mean()) / spread if spread > 0 else 0.0

    return rolling(x["close"].astype(Long), period, one)


def _ulcer(x: Columns, period: int) -> Series:
    top = rolling(x["close"], period, np.max)
    return np.sqrt(rolling((100 * (x["close"] - top) / top) ** 2, period, np.mean))


def _chop(x: Columns, period: int) -> Series:
    path = rolling(talib.TRANGE(*hlc(x)), period, math.fsum)
    reach = rolling(x["high"], period, np.max) - rolling(x["low"], period, np.min)
    with np.errstate(all="ignore"):
        return np.where(reach[: len(path)] == 0, 100.0, 100 * np.log10(path / reach) / math.log10(period)) + 0 * path


def _returns(values: Series) -> Series:
    return np.asarray(np.log(values / lagged(values, 1)))


def _realised(x: Columns, period: int) -> Series:
    return rolling(_returns(x["close"]), period, lambda window: float(np.std(window, ddof=1)))


def _avgdev(x: Columns, period: int) -> Series:
    return rolling(x["close"].astype(Long), period, lambda window: float(np.abs(window - window.mean()).mean()))


def _root_mean(values: Series, period: int) -> Series:
    return np.sqrt(np.maximum(rolling(values, period, np.mean), 0))


def _parkinson(x: Columns, period: int) -> Series:
    return _root_mean(np.log(x["high"] / x["low"]) ** 2 / (4 * math.log(2)), period)


def _garman_klass(x: Columns, period: int) -> Series:
    body = np.log(x["close"] / x["open"]) ** 2
    return _root_mean(0.5 * np.log(x["high"] / x["low"]) ** 2 - (2 * math.log(2) - 1) * body, period)


def _satchell(x: Columns) -> Series:
    o, high, low, c = (np.log(x[name]) for name in ("open", "high", "low", "close"))
    return np.asarray((high - c) * (high - o) + (low - c) * (low - o))


def _yang_zhang(x: Columns, period: int) -> Series:
    def variance(values: Series) -> Series:
        return rolling(values, period, lambda window: float(np.var(window, ddof=1)))

    gap, body = np.log(x["open"] / lagged(x["close"], 1)), np.log(x["close"] / x["open"])
    body[0] = np.nan
    k = 0.34 / (1.34 + (period + 1) / (period - 1))
    whole = variance(gap) + k * variance(body) + (1 - k) * rolling(_satchell(x), period, np.mean)
    return np.asarray(np.sqrt(np.maximum(whole, 0)))


def _ewma(x: Columns, decay: float) -> Series:
    found, variance = np.full(len(x["close"]), np.nan), 0.0
    for i, change in enumerate(_returns(x["close"])[1:], 1):
        variance = change**2 if i == 1 else decay * variance + (1 - decay) * change**2
        found[i] = math.sqrt(variance)
    return found


TINY = {"tiny": "TA-Lib takes a product of tiny variances for none", "offset": "TA-Lib loses digits at 1e9"}

CASES = (
    *each("regression({})", (2, 14, 200), _line),
    *each("linearreg({})", (2, 14), lambda x, n: talib.LINEARREG(x["close"], n)),
    *each("linearreg_slope({})", (2, 14), lambda x, n: talib.LINEARREG_SLOPE(x["close"], n)),
    *each("linearreg_intercept({})", (2, 14), lambda x, n: talib.LINEARREG_INTERCEPT(x["close"], n)),
    *each(
        "linearreg_angle({})",
        (2, 14),
        lambda x, n: np.degrees(np.arctan(_line(x, n)[0])),
        unit=1.0,
        skip={"offset": "an angle of a slope whose last digits are lost with the prices'"},
    ),
    *each("tsf({})", (2, 14), lambda x, n: talib.TSF(x["close"], n)),
    *each("fosc({})", (2, 5), lambda x, n: talib.FOSC(x["close"], n), unit=100.0),
    *each("comoments({})", (2, 30), _comoments, unit="value"),
    *each("correl({})", (2, 30, 200), _correl, unit=1.0),
    *each("correl({})", (30,), lambda x, n: talib.CORREL(x["high"], x["low"], n), unit=1.0, skip=TINY),
    *each("beta({})", (2, 5, 60), _beta, unit=1.0),
    *each("beta({})", (5,), lambda x, n: talib.BETA(x["high"], x["low"], n), unit=1.0, skip=TINY),
    *each("zscore({})", (2, 20), _zscore, unit=1.0),
    *each("skew({})", (3, 30), lambda x, n: _moment(x["close"], n, 3), unit=1.0),
    *each("kurtosis({})", (3, 30), lambda x, n: _moment(x["close"], n, 4), unit=1.0),
    Case(
        "moments(30)",
        lambda x: (
            rolling(x["close"].astype(Long), 30, lambda w: float((w - w[0])[-1] - (w - w[0]).mean())),
            rolling(x["close"].astype(Long), 30, lambda w: float((w - w[0]).var())),
            _moment(x["close"], 30, 3),
            _moment(x["close"], 30, 4),
        ),
        unit=1.0,
    ),
    *each(
        "quantile({}, {})",
        ((20, 0.5), (7, 0.9), (3, 0.0), (50, 1.0)),
        lambda x, n, q: rolling(x["close"], n, lambda w: float(np.quantile(w, q))),
    ),
    *each("median({})", (2, 20), lambda x, n: rolling(x["close"], n, np.median)),
    *each("percentrank({})", (2, 100), lambda x, n: talib.PERCENTRANK(x["close"], n), unit=100.0),
    *each(
        "avgdev({})",
        (2, 14),
        lambda x, n: rolling(x["close"].astype(Long), n, lambda w: float(abs(w - w.mean()).mean())),
    ),
    *each("avgdev({})", (14,), lambda x, n: talib.AVGDEV(x["close"], n)),
    *each("er({})", (2, 10), lambda x, n: talib.ER(x["close"], n), unit=1.0),
    *each("natr({})", (2, 14), lambda x, n: talib.NATR(*hlc(x), n), unit=1.0),
    *each("chop({})", (2, 14), _chop, unit=100.0),
    *each("mass({}, {})", ((9, 25), (3, 5)), lambda x, *n: talib.MASSI(x["high"], x["low"], *n), unit=1.0),
    *each("cvi({}, {})", ((10, 10), (3, 2)), lambda x, *n: talib.CVI(x["high"], x["low"], *n), unit=100.0),
    *each("ulcer({})", (2, 14), _ulcer, unit=1.0),
    Case("log_return", lambda x: _returns(x["close"]), unit=1.0),
    *each(
        "realised({})",
        (2, 20),
        lambda x, n: rolling(_returns(x["close"]), n, lambda w: float(np.std(w, ddof=1))),
        unit=1.0,
    ),
    Case(
        "realised(20, 252.0)",
        lambda x: math.sqrt(252) * rolling(_returns(x["close"]), 20, lambda w: float(np.std(w, ddof=1))),
        unit=1.0,
    ),
    *each("parkinson({})", (1, 20), _parkinson, unit=1.0),
    *each("garman_klass({})", (1, 20), _garman_klass, unit=1.0),
    *each("rogers_satchell({})", (1, 20), lambda x, n: _root_mean(_satchell(x), n), unit=1.0),
    *each("yang_zhang({})", (2, 20), _yang_zhang, unit=1.0),
    *each("ewma_volatility({})", (0.94, 0.5), _ewma, unit=1.0),
)
