"""Oscillators, rates of change and directional movement."""

import math

import numpy as np
import talib
from talib import MA_Type

from tests.indicators.cases.case import Case, Columns, Series, each, lagged, rolling


def hlc(x: Columns) -> tuple[Series, Series, Series]:
    return x["high"], x["low"], x["close"]


def _cci(x: Columns, period: int) -> Series:
    price = (x["high"].astype(np.longdouble) + x["low"] + x["close"]) / 3

    def one(window: Series) -> float:
        away = window - window.mean()
        spread = np.abs(away).mean()
        return float(away[-1] / (np.longdouble("0.015") * spread)) if spread else 0.0

    return rolling(price, period, one)


def _fisher(x: Columns, period: int) -> tuple[Series, Series]:
    price = (x["high"] + x["low"]) / 2
    top, bottom = rolling(price, period, np.max), rolling(price, period, np.min)
    place = line = 0.0
    found = np.full((len(price), 2), np.nan)
    for i in range(period - 1, len(price)):
        raw = (price[i] - bottom[i]) / (top[i] - bottom[i]) - 0.5 if top[i] > bottom[i] else 0.0
        place = min(max(0.33 * 2 * raw + 0.67 * place, -0.999), 0.999)
        found[i, 1] = line
        line = 0.5 * math.log((1 + place) / (1 - place)) + 0.5 * line
        found[i, 0] = line
    return found[:, 0], found[:, 1]


def _kst(x: Columns) -> tuple[Series, Series]:
    def rate(period: int) -> Series:
        return (x["close"] / lagged(x["close"], period) - 1) * 100

    pairs = ((10, 10), (15, 10), (20, 10), (30, 15))
    line = np.sum([(i + 1) * rolling(rate(a), b, np.mean) for i, (a, b) in enumerate(pairs)], axis=0)
    signal = rolling(line, 9, np.mean)
    return np.where(np.isnan(signal), np.nan, line), signal


def _moves(x: Columns) -> tuple[Series, Series]:
    change = x["close"] - lagged(x["close"], 1)
    return np.maximum(change, 0), np.maximum(-change, 0)


def _buying(x: Columns) -> tuple[Series, Series]:
    last = lagged(x["close"], 1)
    return x["close"] - np.minimum(x["low"], last), talib.TRANGE(*hlc(x))


def _directional(x: Columns) -> tuple[Series, ...]:
    ranges, total = talib.TRANGE(*hlc(x)), 0.0
    reach = np.full(len(ranges), np.nan)
    for i, one in enumerate(ranges[1:], 1):
        total = total + one if i < 14 else total - total / 14 + one
        reach[i] = total if i >= 13 else np.nan
    return talib.PLUS_DM(x["high"], x["low"], 14), talib.MINUS_DM(x["high"], x["low"], 14), reach


FLAT = {"flat": "TA-Lib divides rounding errors by each other on a flat series"}
STANDS = {"steps": "an RSI that stands still has a range of rounding errors, which TA-Lib magnifies"}
LOST = {"offset": "TA-Lib loses digits at 1e9; the oracle in higher precision is compared there"}

CASES = (
    *each("mom({})", (1, 10), lambda x, n: talib.MOM(x["close"], n), exact=True),
    *each("roc({})", (1, 10), lambda x, n: talib.ROC(x["close"], n), unit=1.0),
    *each("rocp({})", (1, 10), lambda x, n: talib.ROCP(x["close"], n), unit=1.0),
    *each("rocr({})", (1, 10), lambda x, n: talib.ROCR(x["close"], n), exact=True),
    *each("rocr100({})", (1, 10), lambda x, n: talib.ROCR100(x["close"], n), unit=100.0),
    *each("trix({})", (2, 30), lambda x, n: talib.TRIX(x["close"], n), unit=1.0),
    *each("coppock({}, {}, {})", ((10, 11, 14), (2, 3, 5)), lambda x, *n: talib.COPPOCK(x["close"], *n), unit=1.0),
    Case("kst", _kst, unit=1.0),
    *each("dpo({})", (2, 3, 20), lambda x, n: talib.DPO(x["close"], n)),
    *each("cmo({})", (2, 14), lambda x, n: talib.CMO(x["close"], n), unit=100.0),
    *each("cmou({})", (2, 14), lambda x, n: talib.CMOU(x["close"], n), unit=100.0),
    Case("moves", _moves, exact=True),
    *each("apo({}, {})", ((12, 26), (3, 10)), lambda x, *n: talib.APO(x["close"], *n, MA_Type.EMA)),
    Case('apo(3, 10, "dema")', lambda x: talib.APO(x["close"], 3, 10, MA_Type.DEMA)),
    *each("ppo({}, {})", ((12, 26), (3, 10)), lambda x, *n: talib.PPO(x["close"], *n, MA_Type.EMA), unit=100.0),
    Case('ppo(3, 10, "sma")', lambda x: talib.PPO(x["close"], 3, 10, MA_Type.SMA), unit=100.0),
    Case("macdext", lambda x: talib.MACDEXT(x["close"], 12, 0, 26, 0, 9, 0)),
    Case('macdext(5, 9, 4, "wma")', lambda x: talib.MACDEXT(x["close"], 5, 2, 9, 2, 4, 2)),
    Case('macdext(5, 9, 4, "ema")', lambda x: talib.MACDEXT(x["close"], 5, 1, 9, 1, 4, 1)),
    *each("plus_dm({})", (2, 14), lambda x, n: talib.PLUS_DM(x["high"], x["low"], n)),
    *each("minus_dm({})", (2, 14), lambda x, n: talib.MINUS_DM(x["high"], x["low"], n)),
    Case("directional(14)", _directional),
    *each("plus_di({})", (2, 14), lambda x, n: talib.PLUS_DI(*hlc(x), n), unit=100.0),
    *each("minus_di({})", (2, 14), lambda x, n: talib.MINUS_DI(*hlc(x), n), unit=100.0),
    *each("dx({})", (2, 14), lambda x, n: talib.DX(*hlc(x), n), unit=100.0),
    *each("adx({})", (2, 14), lambda x, n: talib.ADX(*hlc(x), n), unit=100.0),
    *each("adxr({})", (2, 14), lambda x, n: talib.ADXR(*hlc(x), n), unit=100.0),
    *each("aroon({})", (2, 14), lambda x, n: talib.AROON(x["high"], x["low"], n), unit=100.0),
    *each("aroonosc({})", (2, 14), lambda x, n: talib.AROONOSC(x["high"], x["low"], n), unit=100.0),
    Case("bop", lambda x: talib.BOP(x["open"], *hlc(x)), unit=1.0),
    *each("cci({})", (2, 14, 50), _cci, unit=100.0),
    *each("cci({})", (14, 20), lambda x, n: talib.CCI(*hlc(x), n), unit=100.0, skip={**FLAT, **LOST}),
    *each("willr({})", (2, 14), lambda x, n: talib.WILLR(*hlc(x), n), unit=100.0),
    *each("stochf({}, {})", ((5, 3), (14, 1)), lambda x, a, b: talib.STOCHF(*hlc(x), a, b), unit=100.0),
    *each(
        "stoch({}, {}, {})", ((5, 3, 3), (14, 2, 4)), lambda x, a, b, c: talib.STOCH(*hlc(x), a, b, 0, c, 0), unit=100.0
    ),
    Case('stoch(5, 3, 3, "ema")', lambda x: talib.STOCH(*hlc(x), 5, 3, 1, 3, 1), unit=100.0),
    Case("stochrsi(14, 5, 3)", lambda x: talib.STOCHRSI(x["close"], 14, 5, 3, 0), unit=100.0, skip=STANDS),
    Case("kdj(9, 3, 3)", lambda x: talib.KDJ(*hlc(x), 9, 3, 13, 3, 13), unit=100.0),
    Case("buying", _buying),
    *each("ultosc({}, {}, {})", ((7, 14, 28), (1, 2, 3)), lambda x, *n: talib.ULTOSC(*hlc(x), *n), unit=100.0),
    *each("imi({})", (2, 14), lambda x, n: talib.IMI(x["open"], x["close"], n), unit=100.0),
    *each("tsi({}, {})", ((25, 13), (5, 2)), lambda x, *n: talib.TSI(x["close"], *n), unit=100.0),
    *each("smi({}, {}, {}, {})", ((13, 2, 25, 9), (5, 3, 4, 3)), lambda x, *n: talib.SMI(*hlc(x), *n), unit=100.0),
    *each("fisher({})", (2, 10), _fisher, unit=1.0),
    *each("vortex({})", (2, 14), lambda x, n: talib.VORTEX(*hlc(x), n), unit=1.0),
    *each("ao({}, {})", ((5, 34), (2, 3)), lambda x, *n: talib.AO(x["high"], x["low"], *n)),
    *each("ac({}, {}, {})", ((5, 34, 5), (2, 3, 4)), lambda x, *n: talib.AC(x["high"], x["low"], *n)),
    *each("eri({})", (2, 13), lambda x, n: talib.ERI(*hlc(x), n)),
    *each("qstick({})", (2, 10), lambda x, n: talib.QSTICK(x["open"], x["close"], n)),
    *each("adr({})", (2, 14), lambda x, n: talib.ADR(x["high"], x["low"], n)),
    *each("rvi({}, {})", ((14, 10), (3, 5)), lambda x, *n: talib.RVI(x["close"], *n), unit=100.0),
    *each("vhf({})", (2, 28), lambda x, n: talib.VHF(x["close"], n), unit=1.0),
    Case("wad", lambda x: talib.WAD(*hlc(x))),
    *each("rolling_sum({})", (2, 30), lambda x, n: talib.SUM(x["close"], n)),
)
