"""Slope of the regression line of the last `period` values, a row.

Source: TA-Lib 0.8 `LINEARREG_SLOPE`.

>>> from core.plain import over
>>> over(linearreg_slope(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 0.5, 1.0, 1.0]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.regression import regression


@step
def _linearreg_slope(_s: State, _p: Constants, slope: float) -> float:
    return slope


@indicator
def linearreg_slope(period: LongPeriod = 14, of: Series = "close") -> Node:
    return Node(step=_linearreg_slope, inputs=(regression(period, of)["slope"],))
