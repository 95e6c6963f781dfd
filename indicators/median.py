"""Median: the middle of the last `period` values when they are sorted.

Source: Tukey, Exploratory Data Analysis (1977).

>>> from core.plain import over
>>> over(median(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 2.0, 3.0, 4.0]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.quantile import quantile


@step
def _median(_s: State, _p: Constants, value: float) -> float:
    return value


@indicator
def median(period: LongPeriod = 20, of: Series = "close") -> Node:
    return Node(step=_median, inputs=(quantile(period, 0.5, of),), cost="O(log period) to find, O(period) to move")
