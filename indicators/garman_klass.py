"""Garman-Klass volatility: from the bars' ranges and bodies, seven times as efficient as from closes.

√ of the mean of ½ ln(high / low)² − (2 ln 2 − 1) ln(close / open)² over `period` bars. `per_year`, the number
of bars in a year, makes it annual.
Source: Garman, Klass, On the Estimation of Security Price Volatilities from Historical Data (1980).

>>> from core.plain import over
>>> over(garman_klass(2), open=[1.5, 2.0, 4.5], high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0])
[nan, 0.6347056188170717, 0.39503850971945953]
"""

import math

from core.making import Period, PerYear, indicator
from core.node import Constants, Node, State, step
from indicators.rolling_sum import rolling_sum

_SHARE = 2.0 * math.log(2.0) - 1.0


@step
def _garman_klass_of_bar(_s: State, _p: Constants, open_: float, high: float, low: float, close: float) -> float:
    reach = math.log1p((high - low) / low)
    body = math.log1p((close - open_) / open_)
    return 0.5 * reach * reach - _SHARE * body * body


@indicator
def garman_klass_of_bar() -> Node:
    """The variance that one bar shows."""
    return Node(step=_garman_klass_of_bar, inputs=("open", "high", "low", "close"))


@step
def _garman_klass(_s: State, p: Constants, total: float) -> float:
    return math.sqrt(max(total, 0.0) * p.scale)


@indicator
def garman_klass(period: Period = 20, per_year: PerYear = 1.0) -> Node:
    return Node(
        step=_garman_klass,
        inputs=(rolling_sum(period, garman_klass_of_bar()),),
        constants={"scale": per_year / period},
    )
