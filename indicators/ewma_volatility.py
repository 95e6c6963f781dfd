"""EWMA volatility: the root of an exponential average of squared log returns, as RiskMetrics has it.

variance ← decay · variance + (1 − decay) · return², begun with the first return's square. `per_year` makes it annual.
Source: J.P. Morgan, RiskMetrics Technical Document, 4th ed. (1996), ch. 5.

>>> from core.plain import over
>>> over(ewma_volatility(0.5), close=[1.0, 2.0, 1.0])
[nan, 0.6931471805599453, 0.6931471805599453]
"""

import math

from core.making import PerYear, Series, Share, indicator
from core.node import Constants, Node, State, step
from indicators.log_return import log_return

_TINY = 1e-290


@step
def _ewma_volatility(s: State, p: Constants, change: float) -> float:
    square = change * change
    s.variance = p.decay * s.variance + (1.0 - p.decay) * square if s.known else square
    if s.variance < _TINY:
        s.variance = 0.0
    s.known = 1
    return math.sqrt(s.variance * p.per_year)


@indicator
def ewma_volatility(decay: Share = 0.94, per_year: PerYear = 1.0, of: Series = "close") -> Node:
    return Node(
        step=_ewma_volatility,
        inputs=(log_return(of),),
        state={"variance": 0.0, "known": 0},
        constants={"decay": decay, "per_year": per_year},
    )
