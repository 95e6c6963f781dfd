"""Standard deviation of the last `period` values, over all of them (population).

√ variance. Source: TA-Lib 0.8 `STDDEV`.

>>> from core.plain import over
>>> over(stddev(2), close=[1.0, 3.0, 3.0])
[nan, 1.0, 0.0]
"""

import math

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.var import var


@step
def _stddev(_s: State, _p: Constants, variance: float) -> float:
    return math.sqrt(max(variance, 0.0))


@indicator
def stddev(period: LongPeriod = 20, of: Series = "close") -> Node:
    return Node(step=_stddev, inputs=(var(period, of),))
