"""Stochastic momentum index: how far the close stands from the middle of its range, smoothed twice, −100 to 100.

100 · EMA(fast) of EMA(slow) of (close − middle) / (half of the same of the range); signal = EMA of it.
Source: Blau, Stochastic Momentum, Stocks & Commodities 11 (1993); TA-Lib 0.8 `SMI`.

>>> from core.plain import over
>>> over(smi(2, 1, 1, 1), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan), (50.0, 50.0), (50.0, 50.0), (-66.66666666666666, -66.66666666666666)]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.ema import ema
from indicators.highest import highest
from indicators.lowest import lowest


@step
def _distance(_s: State, _p: Constants, close: float, top: float, bottom: float) -> tuple[float, float]:
    return close - (top + bottom) / 2.0, top - bottom


@indicator
def distance(period: Period) -> Node:
    """How far the close stands from the middle of the range, and the range."""
    inputs = ("close", highest(period, "high"), lowest(period, "low"))
    return Node(step=_distance, inputs=inputs, outputs=("middle", "reach"))


@step
def _momentum(_s: State, _p: Constants, middle: float, reach: float) -> float:
    return 100.0 * (middle / (0.5 * reach)) if reach > 0.0 else 0.0


@indicator
def momentum(period: Period, fast: Period, slow: Period) -> Node:
    """The index without its signal."""
    parts = distance(period)
    inputs = tuple(ema(fast, ema(slow, parts[name])) for name in parts.outputs)
    return Node(step=_momentum, inputs=inputs)


@step
def _smi(_s: State, _p: Constants, index: float, signal: float) -> tuple[float, float]:
    return index, signal


@indicator
def smi(period: Period = 13, fast: Period = 2, slow: Period = 25, signal: Period = 9) -> Node:
    index = momentum(period, fast, slow)
    return Node(step=_smi, inputs=(index, ema(signal, index)), outputs=("index", "signal"))
