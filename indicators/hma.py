"""Hull moving average: fast and smooth, by subtracting the lag of a slow average.

WMA(√n) of 2 · WMA(n / 2) − WMA(n), roots and halves rounded down.
Source: Hull, How to Reduce Lag in a Moving Average (2005); TA-Lib 0.8 `HMA`.

>>> from core.plain import over
>>> over(hma(4), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, nan, nan, 4.811111111111111]
"""

import math

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.wma import wma


@step
def _hull(_s: State, _p: Constants, half: float, whole: float) -> float:
    return 2.0 * half - whole


@indicator
def hull(period: LongPeriod, of: Series) -> Node:
    """Twice the average of half the period, minus the average of the period."""
    return Node(step=_hull, inputs=(wma(period // 2, of), wma(period, of)))


@step
def _hma(_s: State, _p: Constants, mean: float) -> float:
    return mean


@indicator
def hma(period: LongPeriod = 20, of: Series = "close") -> Node:
    return Node(step=_hma, inputs=(wma(math.isqrt(period), hull(period, of)),))
