"""Roll's spread: the spread that the to and fro of the last trades' prices implies, without any quote.

2 · √(−c), c being the covariance (population) of the last `period` price changes with the changes before them; 0 when
c is above 0, since then the changes do not look like a bounce.
Source: Roll, A Simple Implicit Measure of the Effective Bid-Ask Spread in an Efficient Market, Journal of Finance 39
(1984).

>>> from core.plain import over
>>> over(roll(2), price=[10.0, 10.5, 10.0, 10.5])
[nan, nan, nan, 1.0]
"""

import math

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, nan, step
from indicators.comoments import comoments
from indicators.mom import mom


@step
def _before(s: State, _p: Constants, value: float) -> float:
    last, s.last = s.last, value
    s.n += 1
    return last if s.n > 1 else nan


@indicator
def before(of: Series) -> Node:
    """The value one row ago."""
    return Node(step=_before, inputs=(of,), state={"last": 0.0, "n": 0}, warmup=1)


@step
def _roll(_s: State, _p: Constants, both: float) -> float:
    return 2.0 * math.sqrt(max(-both, 0.0))


@indicator
def roll(period: LongPeriod = 100) -> Node:
    change = mom(1, "price")
    return Node(step=_roll, inputs=(comoments(period, change, before(change))["both"],))
