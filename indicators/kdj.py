"""KDJ: a slow stochastic smoothed the Wilder way, and j = 3k − 2d, which runs ahead of both.

Source: TA-Lib 0.8 `KDJ`, whose averages are Wilder's.

>>> from core.plain import over
>>> over(kdj(2, 2, 1), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan, nan), (nan, nan, nan), (75.0, 75.0, 75.0), (45.833333333333336, 45.833333333333336, 45.83333333333333)]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.rma import rma
from indicators.stochf import place


@step
def _kdj(_s: State, _p: Constants, k: float, d: float) -> tuple[float, float, float]:
    return k, d, 3.0 * k - 2.0 * d


@indicator
def kdj(period: Period = 9, slow: Period = 3, smooth: Period = 3) -> Node:
    k = rma(slow, place(period))
    return Node(step=_kdj, inputs=(k, rma(smooth, k)), outputs=("k", "d", "j"))
