"""Klinger volume oscillator: a fast average of the volume force minus a slow one, and the average of that.

Volume force = volume · |2 · range / reach − 1| · trend · 100. Trend is 1 after high + low + close rose and −1 after it
fell (the one before when equal, −1 before any); range = high − low; reach adds up the ranges since the trend turned,
the last before it included, and with a reach of 0 the force is 0. line = EMA(fast) − EMA(slow), signal = EMA(signal) of
the line, each seeded with a simple mean. Some read
2 · (range / reach − 1), and some charts leave the factor out.
Source: Klinger, Identifying Trends with Volume Analysis, Technical Analysis of Stocks & Commodities 15 (1997).

>>> from core.plain import over
>>> over(kvo(1, 2, 1), high=[3.0, 5.0, 3.0], low=[2.0, 2.0, 2.0], close=[2.0, 5.0, 2.0], volume=[10.0, 3.0, 5.0])
[(nan, nan, nan), (nan, nan, nan), (-200.0, -200.0, 0.0)]
"""

from core.making import LongPeriod, Period, indicator
from core.node import Constants, Node, State, nan, step
from indicators.apo import apo
from indicators.ema import ema


@step
def _volume_force(s: State, _p: Constants, high: float, low: float, close: float, volume: float) -> float:
    level, reach = high + low + close, high - low
    last_level, last_reach = s.level, s.reach
    s.level, s.reach = level, reach
    s.n += 1
    if s.n == 1:
        return nan
    trend = 1.0 if level > last_level else -1.0 if level < last_level else s.trend
    s.total = (s.total if trend == s.trend and s.n > 2 else last_reach) + reach
    s.trend = trend
    return volume * abs(2.0 * (reach / s.total) - 1.0) * trend * 100.0 if s.total > 0.0 else 0.0


@indicator
def volume_force() -> Node:
    """Klinger's volume force of one bar."""
    return Node(
        step=_volume_force,
        inputs=("high", "low", "close", "volume"),
        state={"level": 0.0, "reach": 0.0, "total": 0.0, "trend": -1.0, "n": 0},
        warmup=1,
    )


@step
def _kvo(_s: State, _p: Constants, line: float, signal: float) -> tuple[float, float, float]:
    return line, signal, line - signal


@indicator
def kvo(fast: Period = 34, slow: LongPeriod = 55, signal: Period = 13) -> Node:
    line = apo(fast, slow, "ema", volume_force())
    return Node(step=_kvo, inputs=(line, ema(signal, line)), outputs=("line", "signal", "histogram"))
