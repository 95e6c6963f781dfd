"""Directional indicator downwards: directional movement downwards in percent of the true range.

First given one bar after the sums are there, as in TA-Lib; 0 when nothing has moved.
Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `MINUS_DI`.

>>> from core.plain import over
>>> over(minus_di(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, nan, 0.0, 26.666666666666668]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, nan, step
from indicators.directional import directional


@step
def _minus_di(s: State, _p: Constants, moved: float, reach: float) -> float:
    if not s.begun:
        s.begun = 1
        return nan
    return 100.0 * (moved / reach) if reach > 0.0 else 0.0


@indicator
def minus_di(period: LongPeriod = 14) -> Node:
    sums = directional(period)
    return Node(step=_minus_di, inputs=(sums["minus"], sums["reach"]), state={"begun": 0}, warmup=1)
