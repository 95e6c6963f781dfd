"""Z-score: how many standard deviations the value is from the mean of the last `period` values.

0 when they are all the same. Source: Kreyszig, Advanced Engineering Mathematics (1979).

>>> from core.plain import over
>>> over(zscore(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 0.0, 1.336306209562122, 0.2672612419124244]
"""

import math

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.moments import moments


@step
def _zscore(_s: State, _p: Constants, away: float, variance: float) -> float:
    return away / math.sqrt(variance) if variance > 0.0 else 0.0


@indicator
def zscore(period: LongPeriod = 20, of: Series = "close") -> Node:
    found = moments(period, of)
    return Node(step=_zscore, inputs=(found["away"], found["variance"]))
