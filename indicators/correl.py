"""Correlation of two series over the last `period` rows, −1 to 1 (Pearson's).

0 when one of them did not move. Source: Pearson (1895); TA-Lib 0.8 `CORREL`.

>>> from core.plain import over
>>> over(correl(3), high=[3.0, 5.0, 6.0, 4.0], low=[1.0, 2.0, 4.0, 3.0])
[nan, nan, 0.9285714285714287, 0.5]
"""

import math

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.comoments import comoments


@step
def _correl(_s: State, _p: Constants, x: float, y: float, both: float) -> float:
    return min(max(both / math.sqrt(x * y), -1.0), 1.0) if x > 0.0 and y > 0.0 else 0.0


@indicator
def correl(period: LongPeriod = 30, x: Series = "high", y: Series = "low") -> Node:
    return Node(step=_correl, inputs=(comoments(period, x, y),))
