"""SuperTrend flip: buy when the trend turns up, sell when it turns down.

Strength is the distance between the close and the new stop, in average true ranges, at most 1.
Source: Seban, Das ist die beste Strategie (2008).

>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> node = supertrend_flip(); s, run = fresh(node), interpreted(node.step)
>>> [run(s, None, 10.0, stop, trend, 4.0) for stop, trend in ((9.0, 1.0), (9.5, 1.0), (11.0, -1.0), (8.0, 1.0))]
[(0.0, 0.0), (0.0, 0.0), (-1.0, 0.25), (1.0, 0.5)]
"""

from core.making import Factor, Period, strategy
from core.node import Constants, Node, OnGap, State, step
from indicators.atr import atr
from indicators.supertrend import supertrend


@step
def _supertrend_flip(
    s: State, _p: Constants, close: float, stop: float, trend: float, reach: float
) -> tuple[float, float]:
    before = s.trend
    s.trend = trend
    if before in (0.0, trend):
        return 0.0, 0.0
    return trend, min(1.0, abs(close - stop) / reach) if reach > 0.0 else 1.0


@strategy
def supertrend_flip(period: Period = 10, width: Factor = 3.0, on_gap: OnGap = "flag") -> Node:
    lines = supertrend(period, width)
    return Node(
        step=_supertrend_flip,
        inputs=("close", lines["stop"], lines["trend"], atr(period)),
        state={"trend": 0.0},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
