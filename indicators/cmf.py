"""Chaikin money flow: money flow volume of the last `period` bars as a share of their volume, −1 to 1.

0 without volume. Source: Achelis, Technical Analysis from A to Z, 2nd ed.; TA-Lib 0.8 `CMF`.

>>> from core.plain import over
>>> over(cmf(2), high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0], volume=[10.0, 20.0, 30.0])
[nan, 0.2222222222222222, 0.13333333333333333]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.money import money
from indicators.rolling_sum import rolling_sum


@step
def _cmf(_s: State, _p: Constants, flow: float, volume: float) -> float:
    return flow / volume if volume > 0.0 else 0.0


@indicator
def cmf(period: LongPeriod = 20) -> Node:
    return Node(step=_cmf, inputs=(rolling_sum(period, money()), rolling_sum(period, "volume")))
