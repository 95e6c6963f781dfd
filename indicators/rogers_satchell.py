"""Rogers-Satchell volatility: from the bars' ranges, right also in a trend.

√ of the mean of ln(h / c) ln(h / o) + ln(l / c) ln(l / o) over `period` bars. `per_year`, the number
of bars in a year, makes it annual.
Source: Rogers, Satchell, Estimating Variance from High, Low and Closing Prices (1991).

>>> from core.plain import over
>>> over(rogers_satchell(2), open=[1.5, 2.0, 4.5], high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0])
[nan, 0.6190954534431303, 0.37629611751833747]
"""

import math

from core.making import Period, PerYear, indicator
from core.node import Constants, Node, State, step
from indicators.rolling_sum import rolling_sum


@step
def _rogers_satchell_of_bar(_s: State, _p: Constants, open_: float, high: float, low: float, close: float) -> float:
    top = math.log1p((high - close) / close) * math.log1p((high - open_) / open_)
    return top + math.log1p((low - close) / close) * math.log1p((low - open_) / open_)


@indicator
def rogers_satchell_of_bar() -> Node:
    """The variance that one bar shows."""
    return Node(step=_rogers_satchell_of_bar, inputs=("open", "high", "low", "close"))


@step
def _rogers_satchell(_s: State, p: Constants, total: float) -> float:
    return math.sqrt(max(total, 0.0) * p.scale)


@indicator
def rogers_satchell(period: Period = 20, per_year: PerYear = 1.0) -> Node:
    return Node(
        step=_rogers_satchell,
        inputs=(rolling_sum(period, rogers_satchell_of_bar()),),
        constants={"scale": per_year / period},
    )
