"""Midprice: halfway between the highest high and the lowest low of the last `period` bars.

Source: TA-Lib 0.8 `MIDPRICE`.

>>> from core.plain import over
>>> over(midprice(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, 3.0, 4.0, 4.5]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.highest import highest
from indicators.lowest import lowest


@step
def _midprice(_s: State, _p: Constants, top: float, bottom: float) -> float:
    return (top + bottom) / 2.0


@indicator
def midprice(period: LongPeriod = 14) -> Node:
    return Node(step=_midprice, inputs=(highest(period, "high"), lowest(period, "low")))
