"""The averages, RSI, MACD, Bollinger Bands and true range against TA-Lib: the six and what they are made of."""

import talib

from tests.indicators.cases.case import Case, Columns, Series, each


def _first_seeded(x: Columns, period: int) -> Series:
    mean, found = x["close"][0], [float(x["close"][0])]
    for value in x["close"][1:]:
        mean += 2 / (period + 1) * (value - mean)
        found.append(float(mean))
    return x["close"] * 0 + found


CASES = (
    *each("ema({})", (2, 3, 20, 200), lambda x, n: talib.EMA(x["close"], n), exact=True),
    *each('ema({}, seed="first")', (2, 20), _first_seeded),
    Case("ema(9, of=rsi(14))", lambda x: talib.EMA(talib.RSI(x["close"], 14), 9), exact=True),
    Case("ema(5, of=high)", lambda x: talib.EMA(x["high"], 5), exact=True),
    *each("sma({})", (1, 2, 20, 200), lambda x, n: talib.SMA(x["close"], n), exact=True),
    *each("rsi({})", (2, 14, 100), lambda x, n: talib.RSI(x["close"], n), exact=True),
    *each("atr({})", (2, 14, 100), lambda x, n: talib.ATR(x["high"], x["low"], x["close"], n), exact=True),
    Case("trange", lambda x: talib.TRANGE(x["high"], x["low"], x["close"]), exact=True),
    *each("macd({}, {}, {})", ((12, 26, 9), (3, 7, 2)), lambda x, *n: talib.MACD(x["close"], *n), exact=True),
    *each("var({})", (2, 20, 200), lambda x, n: talib.VAR(x["close"], n), exact=True),
    *each("stddev({})", (2, 20), lambda x, n: talib.STDDEV(x["close"], n), exact=True),
    *each("bollinger({}, {})", ((20, 2.0), (5, 1.5)), lambda x, n, w: talib.BBANDS(x["close"], n, w, w), exact=True),
)
