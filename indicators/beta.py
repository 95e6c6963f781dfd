"""Beta: how much the returns of `y` move with those of `x`, over the last `period` returns.

covariance of the returns / variance of x's; 0 when x did not move. Source: Sharpe, A Simplified Model for Portfolio
Analysis, Management Science 9 (1963); TA-Lib 0.8 `BETA`.

>>> from core.plain import over
>>> over(beta(2), high=[3.0, 5.0, 6.0, 4.0], low=[1.0, 2.0, 4.0, 3.0])
[nan, nan, 0.0, 2.34375]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.comoments import comoments
from indicators.rocp import rocp


@step
def _beta(_s: State, _p: Constants, x: float, both: float) -> float:
    return both / x if x > 0.0 else 0.0


@indicator
def beta(period: LongPeriod = 5, x: Series = "high", y: Series = "low") -> Node:
    moments = comoments(period, rocp(1, x), rocp(1, y))
    return Node(step=_beta, inputs=(moments["x"], moments["both"]))
