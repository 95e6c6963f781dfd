"""Double exponential moving average: an average without much of its lag.

2 · EMA − EMA of the EMA. Source: Mulloy, Smoothing Data with Faster Moving Averages, Stocks & Commodities 12 (1994);
TA-Lib 0.8 `DEMA`.

>>> from core.plain import over
>>> over(dema(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 2.0, 4.666666666666667, 4.222222222222222]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.ema import ema


@step
def _dema(_s: State, _p: Constants, once: float, twice: float) -> float:
    return 2.0 * once - twice


@indicator
def dema(period: Period = 30, of: Series = "close") -> Node:
    once = ema(period, of)
    return Node(step=_dema, inputs=(once, ema(period, once)))
