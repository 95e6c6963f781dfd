"""Bollinger %b: where the value stands between the bands, 0 at the lower and 1 at the upper one.

0.5 when the bands are one. Source: Bollinger, Bollinger on Bollinger Bands (2001).

>>> from core.plain import over
>>> over(bollinger_b(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 0.75, 0.25, 0.75, 0.25]
"""

from core.making import Factor, LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.bollinger import bollinger


@step
def _bollinger_b(_s: State, _p: Constants, value: float, upper: float, lower: float) -> float:
    return (value - lower) / (upper - lower) if upper > lower else 0.5


@indicator
def bollinger_b(period: LongPeriod = 20, width: Factor = 2.0, of: Series = "close") -> Node:
    bands = bollinger(period, width, of)
    return Node(step=_bollinger_b, inputs=(of, bands["upper"], bands["lower"]))
