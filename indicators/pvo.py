"""Percentage volume oscillator: a fast average of volume minus a slow one, in percent of the slow one.

0 without volume. Source: TA-Lib 0.8 `PVO`.

>>> from core.plain import over
>>> over(pvo(1, 2), volume=[10.0, 20.0, 15.0])
[nan, 33.33333333333333, 0.0]
"""

from core.making import LongPeriod, Period, indicator
from core.node import Constants, Node, State, step
from indicators.ma import Kind
from indicators.ppo import ppo


@step
def _pvo(_s: State, _p: Constants, rate: float) -> float:
    return rate


@indicator
def pvo(fast: Period = 12, slow: LongPeriod = 26, kind: Kind = "ema") -> Node:
    return Node(step=_pvo, inputs=(ppo(fast, slow, kind, "volume"),))
