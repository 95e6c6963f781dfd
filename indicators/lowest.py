"""Lowest: the lowest of the last `period` values.

Source: TA-Lib 0.8 `MIN`.

>>> from core.plain import over
>>> over(lowest(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 1.0, 2.0, 2.0, 4.0]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.extreme import extreme


@step
def _lowest(_s: State, _p: Constants, value: float) -> float:
    return value


@indicator
def lowest(period: Period = 30, of: Series = "close") -> Node:
    return Node(step=_lowest, inputs=(extreme(period, "low", of)["value"],))
