"""Average directional index: how strong the trend is, whatever its direction, 0 to 100.

Wilder's average of DX. Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `ADX`.

>>> from core.plain import over
>>> over(adx(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, nan, nan, 50.0]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.dx import dx
from indicators.rma import rma


@step
def _adx(_s: State, _p: Constants, mean: float) -> float:
    return mean


@indicator
def adx(period: LongPeriod = 14) -> Node:
    return Node(step=_adx, inputs=(rma(period, dx(period)),))
