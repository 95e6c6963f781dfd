"""Directional movement upwards: how far bars reached upwards beyond the last ones, summed the Wilder way.

Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `PLUS_DM`.

>>> from core.plain import over
>>> over(plus_dm(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, 2.0, 2.0, 1.0]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.directional import directional


@step
def _plus_dm(_s: State, _p: Constants, moved: float) -> float:
    return moved


@indicator
def plus_dm(period: LongPeriod = 14) -> Node:
    return Node(step=_plus_dm, inputs=(directional(period)["plus"],))
