"""Realised volatility: the standard deviation of the last `period` log returns.

Of the sample (divided by period − 1); `per_year`, the number of bars in a year, makes it annual.
Source: Andersen, Bollerslev, Answering the Skeptics, International Economic Review 39 (1998).

>>> from core.plain import over
>>> over(realised(2), close=[1.0, 2.0, 1.0, 2.0])
[nan, nan, 0.9802581434685471, 0.9802581434685471]
"""

import math

from core.making import LongPeriod, PerYear, Series, indicator
from core.node import Constants, Node, State, step
from indicators.log_return import log_return
from indicators.moments import moments


@step
def _realised(_s: State, p: Constants, variance: float) -> float:
    return math.sqrt(max(variance, 0.0) * p.scale)


@indicator
def realised(period: LongPeriod = 20, per_year: PerYear = 1.0, of: Series = "close") -> Node:
    return Node(
        step=_realised,
        inputs=(moments(period, log_return(of))["variance"],),
        constants={"scale": per_year * period / (period - 1)},
    )
