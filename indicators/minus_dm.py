"""Directional movement downwards: how far bars reached downwards beyond the last ones, summed the Wilder way.

Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `MINUS_DM`.

>>> from core.plain import over
>>> over(minus_dm(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, 0.0, 0.0, 1.0]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.directional import directional


@step
def _minus_dm(_s: State, _p: Constants, moved: float) -> float:
    return moved


@indicator
def minus_dm(period: LongPeriod = 14) -> Node:
    return Node(step=_minus_dm, inputs=(directional(period)["minus"],))
