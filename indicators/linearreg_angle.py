"""Angle of the regression line of the last `period` values, in degrees.

Source: TA-Lib 0.8 `LINEARREG_ANGLE`.

>>> from core.plain import over
>>> over(linearreg_angle(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 26.56505117707799, 45.0, 45.0]
"""

import math

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.regression import regression


@step
def _linearreg_angle(_s: State, _p: Constants, slope: float) -> float:
    return math.atan(slope) * (180.0 / math.pi)


@indicator
def linearreg_angle(period: LongPeriod = 14, of: Series = "close") -> Node:
    return Node(step=_linearreg_angle, inputs=(regression(period, of)["slope"],))
