"""Vertical horizontal filter: the range of the last `period` closes as a share of the path between them.

High in a trend, low in a trading range; 0 when nothing has moved.
Source: White, The Vertical Horizontal Filter, Futures (1991); TA-Lib 0.8 `VHF`.

>>> from core.plain import over
>>> over(vhf(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 0.3333333333333333, 0.75, 0.25]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.highest import highest
from indicators.lowest import lowest
from indicators.mom import mom
from indicators.rolling_sum import rolling_sum
from indicators.tsi import size


@step
def _vhf(_s: State, _p: Constants, top: float, bottom: float, path: float) -> float:
    return (top - bottom) / path if path > 0.0 else 0.0


@indicator
def vhf(period: LongPeriod = 28, of: Series = "close") -> Node:
    path = rolling_sum(period, size(mom(1, of)))
    return Node(step=_vhf, inputs=(highest(period, of), lowest(period, of), path))
