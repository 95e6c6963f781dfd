"""Choppiness index: how much of the true ranges of the last `period` bars was not progress, 0 to 100.

100 · log10(Σ true range / (highest high − lowest low)) / log10(period); 100 for bars without a range.
Source: Dreiss, The Choppiness Index (1992).

>>> from core.plain import over
>>> over(chop(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, nan, 32.19280948873624, 41.50374992788437]
"""

import math

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.highest import highest
from indicators.lowest import lowest
from indicators.rolling_sum import rolling_sum
from indicators.trange import trange


@step
def _chop(_s: State, p: Constants, path: float, top: float, bottom: float) -> float:
    if path <= 0.0 or top <= bottom:
        return 100.0
    return p.scale * math.log(path / (top - bottom))


@indicator
def chop(period: LongPeriod = 14) -> Node:
    path = rolling_sum(period, trange())
    return Node(
        step=_chop,
        inputs=(path, highest(period, "high"), lowest(period, "low")),
        constants={"scale": 100.0 / math.log(period)},
    )
