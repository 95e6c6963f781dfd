"""Directional movement index: how one-sided the movement is, 0 to 100.

100 · |+DI − −DI| / (+DI + −DI); the last value is held when neither moved.
Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `DX`.

>>> from core.plain import over
>>> over(dx(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, nan, 100.0, 0.0]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.minus_di import minus_di
from indicators.plus_di import plus_di


@step
def _dx(s: State, _p: Constants, plus: float, minus: float) -> float:
    both = plus + minus
    if both > 0.0:
        s.last = 100.0 * (abs(minus - plus) / both)
    return s.last


@indicator
def dx(period: LongPeriod = 14) -> Node:
    return Node(step=_dx, inputs=(plus_di(period), minus_di(period)), state={"last": 0.0})
