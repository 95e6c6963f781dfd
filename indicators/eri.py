"""Elder ray: how far the high and the low stand from an exponential average of the close.

bull = high − EMA, bear = low − EMA. Source: Elder, Trading for a Living (1993); TA-Lib 0.8 `ERI`.

>>> from core.plain import over
>>> over(eri(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan), (2.0, -1.0), (1.666666666666667, -0.33333333333333304), (1.2222222222222223, -0.7777777777777777)]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.ema import ema


@step
def _eri(_s: State, _p: Constants, high: float, low: float, mean: float) -> tuple[float, float]:
    return high - mean, low - mean


@indicator
def eri(period: Period = 13) -> Node:
    return Node(step=_eri, inputs=("high", "low", ema(period)), outputs=("bull", "bear"))
