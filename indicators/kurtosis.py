"""Excess kurtosis: how heavy the tails of the last `period` values are; 0 for a normal distribution.

Population moments; 0 when all values are the same.
Source: Joanes, Gill, Comparing Measures of Sample Skewness and Kurtosis (1998), g2.

>>> from core.plain import over
>>> over(kurtosis(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, -1.5, -1.4999999999999996, -1.5000000000000004]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.moments import moments


@step
def _kurtosis(_s: State, _p: Constants, value: float) -> float:
    return value


@indicator
def kurtosis(period: LongPeriod = 30, of: Series = "close") -> Node:
    return Node(step=_kurtosis, inputs=(moments(period, of)["kurtosis"],))
