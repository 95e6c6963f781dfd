"""The averages, RSI, MACD, Bollinger Bands and true range against TA-Lib: the six and what they are made of."""

import talib

from tests.indicators.cases.case import Case, Columns, Series


def _first_seeded(x: Columns, period: int) -> Series:
    mean, found = x["close"][0], [float(x["close"][0])]
    for value in x["close"][1:]:
        mean += 2 / (period + 1) * (value - mean)
        found.append(float(mean))
    return x["close"] * 0 + found


CASES = (
    *(Case(f"ema({n})", lambda x, n=n: talib.EMA(x["close"], n), exact=True) for n in (2, 3, 20, 200)),
    *(Case(f'ema({n}, seed="first")', lambda x, n=n: _first_seeded(x, n)) for n in (2, 20)),
    Case("ema(9, of=rsi(14))", lambda x: talib.EMA(talib.RSI(x["close"], 14), 9), exact=True),
    Case("ema(5, of=high)", lambda x: talib.EMA(x["high"], 5), exact=True),
    *(Case(f"sma({n})", lambda x, n=n: talib.SMA(x["close"], n), exact=True) for n in (1, 2, 20, 200)),
    *(Case(f"rsi({n})", lambda x, n=n: talib.RSI(x["close"], n), exact=True) for n in (2, 14, 100)),
    *(Case(f"atr({n})", lambda x, n=n: talib.ATR(x["high"], x["low"], x["close"], n), exact=True) for n in (2, 14, 100)),
    Case("trange", lambda x: talib.TRANGE(x["high"], x["low"], x["close"]), exact=True),
    *(Case(f"macd{n}", lambda x, n=n: talib.MACD(x["close"], *n), exact=True) for n in ((12, 26, 9), (3, 7, 2))),
    *(Case(f"var({n})", lambda x, n=n: talib.VAR(x["close"], n), exact=True) for n in (2, 20, 200)),
    *(Case(f"stddev({n})", lambda x, n=n: talib.STDDEV(x["close"], n), exact=True) for n in (2, 20)),
    *(
        Case(f"bollinger{n}", lambda x, n=n: talib.BBANDS(x["close"], n[0], n[1], n[1]), exact=True)
        for n in ((20, 2.0), (5, 1.5))
    ),
)
