"""Triangular moving average: a simple average of simple averages, heaviest in the middle of its window.

For an odd period n both have (n + 1) / 2 values; for an even one n / 2 and n / 2 + 1. Source: TA-Lib 0.8 `TRIMA`.

>>> from core.plain import over
>>> over(trima(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 2.25, 3.0, 4.0]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.sma import sma


@step
def _trima(_s: State, _p: Constants, mean: float) -> float:
    return mean


@indicator
def trima(period: Period = 30, of: Series = "close") -> Node:
    first = (period + 1) // 2
    return Node(step=_trima, inputs=(sma(period + 1 - first, sma(first, of)),))
