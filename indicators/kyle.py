"""Kyle's lambda: how far the price moves for each unit bought rather than sold, over the last `period` trades.

The slope of the least squares line of a trade's price change on its signed size: covariance / variance of the signed
size. 0 when the signed sizes are all the same.
Source: Kyle, Continuous Auctions and Insider Trading, Econometrica 53 (1985); Hasbrouck, Empirical Market
Microstructure (2007).

>>> from core.plain import over
>>> over(kyle(2), price=[10.0, 10.5, 10.25], size=[1.0, 2.0, 1.0], side=[1, 1, -1])
[nan, nan, 0.25]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.comoments import comoments
from indicators.mom import mom
from indicators.signed_size import signed_size


@step
def _kyle(_s: State, _p: Constants, spread: float, both: float) -> float:
    return both / spread if spread > 0.0 else 0.0


@indicator
def kyle(period: LongPeriod = 100) -> Node:
    moments = comoments(period, signed_size(), mom(1, "price"))
    return Node(step=_kyle, inputs=(moments["x"], moments["both"]))
