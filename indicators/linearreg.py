"""Linear regression: the height of the regression line of the last `period` values at the newest one.

Source: TA-Lib 0.8 `LINEARREG`.

>>> from core.plain import over
>>> over(linearreg(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 2.5, 4.333333333333334, 4.666666666666667]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.regression import regression


@step
def _linearreg(_s: State, p: Constants, slope: float, intercept: float) -> float:
    return intercept + slope * (p.period - 1)


@indicator
def linearreg(period: LongPeriod = 14, of: Series = "close") -> Node:
    return Node(step=_linearreg, inputs=(regression(period, of),), constants={"period": period})
