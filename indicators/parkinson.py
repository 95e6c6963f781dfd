"""Parkinson volatility: from the bars' ranges, five times as efficient as from closes.

√ of the mean of ln(high / low)² / (4 ln 2) over `period` bars; assumes bars without gaps and
drift. `per_year`, the number of bars in a year, makes it annual.
Source: Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of Return (1980).

>>> from core.plain import over
>>> over(parkinson(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, 0.6075082038458152, 0.4255073949333129, 0.276957305583404]
"""

import math

from core.making import Period, PerYear, indicator
from core.node import Constants, Node, State, step
from indicators.rolling_sum import rolling_sum

_SHARE = 1.0 / (4.0 * math.log(2.0))


@step
def _parkinson_of_bar(_s: State, _p: Constants, high: float, low: float) -> float:
    reach = math.log1p((high - low) / low)
    return reach * reach * _SHARE


@indicator
def parkinson_of_bar() -> Node:
    """The variance that one bar shows."""
    return Node(step=_parkinson_of_bar, inputs=("high", "low"))


@step
def _parkinson(_s: State, p: Constants, total: float) -> float:
    return math.sqrt(max(total, 0.0) * p.scale)


@indicator
def parkinson(period: Period = 20, per_year: PerYear = 1.0) -> Node:
    return Node(
        step=_parkinson,
        inputs=(rolling_sum(period, parkinson_of_bar()),),
        constants={"scale": per_year / period},
    )
