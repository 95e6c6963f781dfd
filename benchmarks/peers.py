"""Peers: the same six indicators one value at a time, as each library is meant to be used.

EMA(20) SMA(20) RSI(14) MACD(12, 26, 9) Bollinger(20, 2) ATR(14). Each entry makes one symbol's six and gives a function
of (high, low, close) that updates them all and reads what the library makes one read to have the newest values.
Libraries that are not installed are left out: `pip install candela[bench]`.
"""

import importlib
import importlib.metadata
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import talib

Update = Callable[[float, float, float], object]
Any_ = Any  # a peer's module: not typed, and may be absent


def talib_handles(_: Any_) -> Update:
    seed = 100 + np.cumsum(np.random.default_rng(2).normal(0, 0.1, 60))
    of = talib.stream
    singles = [
        of.EMA(seed, 20),
        of.SMA(seed, 20),
        of.RSI(seed, 14),
        of.MACD(seed, 12, 26, 9),
        of.BBANDS(seed, 20, 2, 2),
    ]
    one, two, three, four, five = (each.update for each in singles)
    six = of.ATR(seed + 0.1, seed - 0.1, seed, 14).update

    def update(high: float, low: float, close: float) -> None:
        one(close), two(close), three(close), four(close), five(close), six(high, low, close)

    return update


def nautilus_rust(module: Any_) -> Update:
    of = module.core.nautilus_pyo3
    ema, sma, rsi = of.ExponentialMovingAverage(20), of.SimpleMovingAverage(20), of.RelativeStrengthIndex(14)
    macd, signal = of.MovingAverageConvergenceDivergence(12, 26), of.ExponentialMovingAverage(9)
    bands, atr = of.BollingerBands(20, 2.0), of.AverageTrueRange(14)

    def update(high: float, low: float, close: float) -> object:
        ema.update_raw(close), sma.update_raw(close), rsi.update_raw(close), macd.update_raw(close)
        signal.update_raw(macd.value), bands.update_raw(high, low, close), atr.update_raw(high, low, close)
        line, mean = macd.value, signal.value
        values = ema.value, sma.value, rsi.value, line, mean, line - mean, bands.upper, bands.middle, bands.lower
        return *values, atr.value

    return update


def river(_: Any_) -> Update:
    """Four of the six: it has no RSI and no ATR."""
    stats, utils = importlib.import_module("river.stats"), importlib.import_module("river.utils")
    ema, fast, slow, signal = (stats.EWMean(2 / (n + 1)) for n in (20, 12, 26, 9))
    sma, deviation = utils.Rolling(stats.Mean(), 20), utils.Rolling(stats.Var(ddof=0), 20)

    def update(_high: float, _low: float, close: float) -> object:
        ema.update(close), fast.update(close), slow.update(close), sma.update(close), deviation.update(close)
        signal.update(fast.get() - slow.get())
        return ema.get(), signal.get(), sma.get(), deviation.get() ** 0.5

    return update


def talipp(_: Any_) -> Update:
    of = importlib.import_module("talipp.indicators")
    bar = importlib.import_module("talipp.ohlcv").OHLCV
    ema, sma, rsi, macd, bands, atr = of.EMA(20), of.SMA(20), of.RSI(14), of.MACD(12, 26, 9), of.BB(20, 2), of.ATR(14)

    def update(high: float, low: float, close: float) -> object:
        ema.add(close), sma.add(close), rsi.add(close), macd.add(close), bands.add(close)
        atr.add(bar(close, high, low, close, 1.0))
        return ema[-1], sma[-1], rsi[-1], macd[-1], bands[-1], atr[-1]

    return update


def streaming_indicators(module: Any_) -> Update:
    ema, sma, rsi = module.EMA(20), module.SMA(20), module.RSI(14)
    fast, slow, signal = module.EMA(12), module.EMA(26), module.EMA(9)
    bands, atr = module.BBands(20, 2), module.ATR(14)

    def update(high: float, low: float, close: float) -> object:
        line = (fast.update(close) or close) - (slow.update(close) or close)
        candle = {"open": close, "high": high, "low": low, "close": close}
        return (
            ema.update(close), sma.update(close), rsi.update(close), signal.update(line), bands.update(close),
            atr.update(candle),
        )  # fmt: skip

    return update


def hexital(module: Any_) -> Update:
    of, candle = importlib.import_module("hexital.indicators"), importlib.import_module("hexital.core.candle").Candle
    made = [of.EMA(period=20), of.SMA(period=20), of.RSI(period=14), of.MACD(), of.BBANDS(period=20), of.ATR(period=14)]
    together = module.Hexital("six", [], made)

    def update(high: float, low: float, close: float) -> object:
        together.append(candle(close, high, low, close, 1))
        return None

    return update


# name of the package → (its module, how its six are made, how many updates are enough to time it)
PEERS: dict[str, tuple[str, Callable[[Any_], Update], int]] = {
    "TA-Lib": ("talib", talib_handles, 100_000),
    "nautilus_trader": ("nautilus_trader", nautilus_rust, 100_000),
    "river": ("river", river, 20_000),
    "talipp": ("talipp", talipp, 5_000),
    "hexital": ("hexital", hexital, 400),
    "streaming-indicators": ("streaming_indicators", streaming_indicators, 2_000),
}


def installed() -> Iterator[tuple[str, Callable[[], Update], int]]:
    """The peers that are here: name with version, what makes one symbol's six, how many updates to time."""
    for package, (name, make, count) in PEERS.items():
        try:
            module = importlib.import_module(name)
            for part in ("core.nautilus_pyo3",) if name == "nautilus_trader" else ():
                importlib.import_module(f"{name}.{part}")
        except ImportError:
            print(f"  {package}: not installed")
            continue
        yield f"{package} {importlib.metadata.version(package)}", partial(make, module), count
