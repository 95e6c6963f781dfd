"""Ulcer index: how deep and how long the falls from the recent high were, in percent.

√ of the mean over `period` rows of (100 · (value − highest) / highest)², highest over the same period.
Source: Martin, McCann, The Investor's Guide to Fidelity Funds (1989).

>>> from core.plain import over
>>> over(ulcer(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 23.570226039551585, 23.570226039551585, 14.142135623730951]
"""

import math

from core.making import LongPeriod, Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.highest import highest
from indicators.rolling_sum import rolling_sum


@step
def _fall(_s: State, _p: Constants, value: float, top: float) -> float:
    fallen = 100.0 * (value - top) / top if top != 0.0 else 0.0
    return fallen * fallen


@indicator
def fall(period: Period, of: Series) -> Node:
    """The squared fall from the recent high, in percent."""
    return Node(step=_fall, inputs=(of, highest(period, of)))


@step
def _ulcer(_s: State, p: Constants, total: float) -> float:
    return math.sqrt(max(total, 0.0) / p.period)


@indicator
def ulcer(period: LongPeriod = 14, of: Series = "close") -> Node:
    return Node(step=_ulcer, inputs=(rolling_sum(period, fall(period, of)),), constants={"period": period})
