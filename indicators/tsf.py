"""Time series forecast: the height of the regression line of the last `period` values one row ahead.

Source: TA-Lib 0.8 `TSF`.

>>> from core.plain import over
>>> over(tsf(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 3.0, 5.333333333333334, 5.666666666666667]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.regression import regression


@step
def _tsf(_s: State, p: Constants, slope: float, intercept: float) -> float:
    return intercept + slope * p.period


@indicator
def tsf(period: LongPeriod = 14, of: Series = "close") -> Node:
    return Node(step=_tsf, inputs=(regression(period, of),), constants={"period": period})
