"""Intercept of the regression line of the last `period` values: its height at the oldest one.

Source: TA-Lib 0.8 `LINEARREG_INTERCEPT`.

>>> from core.plain import over
>>> over(linearreg_intercept(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 1.5, 2.3333333333333335, 2.666666666666667]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.regression import regression


@step
def _linearreg_intercept(_s: State, _p: Constants, intercept: float) -> float:
    return intercept


@indicator
def linearreg_intercept(period: LongPeriod = 14, of: Series = "close") -> Node:
    return Node(step=_linearreg_intercept, inputs=(regression(period, of)["intercept"],))
