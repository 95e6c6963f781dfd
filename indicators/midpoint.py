"""Midpoint: halfway between the highest and the lowest of the last `period` values.

Source: TA-Lib 0.8 `MIDPOINT`.

>>> from core.plain import over
>>> over(midpoint(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 2.0, 2.5, 3.5, 4.5]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.highest import highest
from indicators.lowest import lowest


@step
def _midpoint(_s: State, _p: Constants, top: float, bottom: float) -> float:
    return (top + bottom) / 2.0


@indicator
def midpoint(period: LongPeriod = 14, of: Series = "close") -> Node:
    return Node(step=_midpoint, inputs=(highest(period, of), lowest(period, of)))
