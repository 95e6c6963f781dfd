"""Efficiency ratio: how much of the path of the last `period` changes was progress, 0 to 1.

|change over all| / Σ |changes|; 1 when nothing has moved, as in TA-Lib.
Source: Kaufman, Smarter Trading (1995); TA-Lib 0.8 `ER`.

>>> from core.plain import over
>>> over(er(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 0.3333333333333333, 0.5, 0.5]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.mom import mom
from indicators.rolling_sum import rolling_sum
from indicators.tsi import size


@step
def _er(_s: State, _p: Constants, change: float, path: float) -> float:
    return min(abs(change) / path, 1.0) if path > 0.0 else 1.0


@indicator
def er(period: Period = 10, of: Series = "close") -> Node:
    return Node(step=_er, inputs=(mom(period, of), rolling_sum(period, size(mom(1, of)))))
