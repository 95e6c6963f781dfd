"""Williams' %R: where the close stands in the range of the last `period` bars, −100 (bottom) to 0 (top).

−100 · (highest − close) / (highest − lowest); 0 without a range.
Source: Williams, How I Made One Million Dollars (1973); TA-Lib 0.8 `WILLR`.

>>> from core.plain import over
>>> over(willr(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, -25.0, -25.0, -83.33333333333334]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.highest import highest
from indicators.lowest import lowest


@step
def _willr(_s: State, _p: Constants, top: float, bottom: float, close: float) -> float:
    reach = (top - bottom) / -100.0
    return (top - close) / reach if reach != 0.0 else 0.0


@indicator
def willr(period: LongPeriod = 14) -> Node:
    return Node(step=_willr, inputs=(highest(period, "high"), lowest(period, "low"), "close"))
