"""Donchian channel: the highest high and the lowest low of the last `period` bars, and halfway between.

Source: Donchian's 4-week rule, in Kaufman, Trading Systems and Methods, 5th ed.; TA-Lib 0.8 `DONCHIAN`.

>>> from core.plain import over
>>> over(donchian(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan, nan), (5.0, 3.0, 1.0), (6.0, 4.0, 2.0), (6.0, 4.5, 3.0)]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.highest import highest
from indicators.lowest import lowest


@step
def _donchian(_s: State, _p: Constants, top: float, bottom: float) -> tuple[float, float, float]:
    return top, (top + bottom) / 2.0, bottom


@indicator
def donchian(period: LongPeriod = 20) -> Node:
    return Node(
        step=_donchian,
        inputs=(highest(period, "high"), lowest(period, "low")),
        outputs=("upper", "middle", "lower"),
    )
