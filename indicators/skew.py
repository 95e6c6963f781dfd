"""Skewness: how lopsided the last `period` values are; positive when the long tail is above.

Population moments; 0 when all values are the same.
Source: Joanes, Gill, Comparing Measures of Sample Skewness and Kurtosis (1998), g1.

>>> from core.plain import over
>>> over(skew(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 0.0, 0.3818017741606062, -0.3818017741606062]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.moments import moments


@step
def _skew(_s: State, _p: Constants, value: float) -> float:
    return value


@indicator
def skew(period: LongPeriod = 30, of: Series = "close") -> Node:
    return Node(step=_skew, inputs=(moments(period, of)["skew"],))
