"""Slow stochastic: the fast stochastic's k averaged, and the average of that.

Source: Lane, Lane's Stochastics, Stocks & Commodities 2 (1984); TA-Lib 0.8 `STOCH`.

>>> from core.plain import over
>>> over(stoch(2, 2, 1), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan), (nan, nan), (75.0, 75.0), (45.833333333333336, 45.833333333333336)]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.ma import Kind, averaged
from indicators.stochf import place


@step
def _stoch(_s: State, _p: Constants, k: float, d: float) -> tuple[float, float]:
    return k, d


@indicator
def stoch(period: Period = 5, slow: Period = 3, smooth: Period = 3, kind: Kind = "sma") -> Node:
    k = averaged(kind, slow, place(period))
    return Node(step=_stoch, inputs=(k, averaged(kind, smooth, k)), outputs=("k", "d"))
