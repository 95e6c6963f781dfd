"""Highest: the highest of the last `period` values.

Source: TA-Lib 0.8 `MAX`.

>>> from core.plain import over
>>> over(highest(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 3.0, 3.0, 5.0, 5.0]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.extreme import extreme


@step
def _highest(_s: State, _p: Constants, value: float) -> float:
    return value


@indicator
def highest(period: Period = 30, of: Series = "close") -> Node:
    return Node(step=_highest, inputs=(extreme(period, "high", of)["value"],))
