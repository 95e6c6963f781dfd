"""Bollinger band width: how far apart the bands are, as a share of the middle.

0 when the middle is. Source: Bollinger, Bollinger on Bollinger Bands (2001).

>>> from core.plain import over
>>> over(bollinger_width(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 2.0, 0.8, 1.7142857142857142, 0.4444444444444444]
"""

from core.making import Factor, LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.bollinger import bollinger


@step
def _bollinger_width(_s: State, _p: Constants, value: float, upper: float, lower: float) -> float:
    return (upper - lower) / value if value != 0.0 else 0.0


@indicator
def bollinger_width(period: LongPeriod = 20, width: Factor = 2.0, of: Series = "close") -> Node:
    bands = bollinger(period, width, of)
    return Node(step=_bollinger_width, inputs=(bands["middle"], bands["upper"], bands["lower"]))
