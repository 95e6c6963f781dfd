"""Bollinger breakout: buy when the close leaves the bands upwards, sell when it leaves them downwards.

Strength is how far it went: the distance beyond the band, as a share of the band's own distance from the middle.
Source: Bollinger, Bollinger on Bollinger Bands (2001), method I (volatility breakout).

>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> node = bollinger_breakout(); s, run = fresh(node), interpreted(node.step)
>>> [run(s, None, close, 12.0, 10.0, 8.0) for close in (11.0, 13.0, 14.0, 11.0, 7.0)]
[(0.0, 0.0), (1.0, 0.5), (0.0, 0.0), (0.0, 0.0), (-1.0, 0.5)]
"""

from core.making import Factor, LongPeriod, strategy
from core.node import Constants, Node, OnGap, State, step
from indicators.bollinger import bollinger


@step
def _bollinger_breakout(
    s: State, _p: Constants, close: float, upper: float, middle: float, lower: float
) -> tuple[float, float]:
    before = s.outside
    reach = upper - middle
    s.outside = 0.0
    if reach > 0.0:  # a price that stands still has no bands to leave
        s.outside = 1.0 if close > upper else -1.0 if close < lower else 0.0
    if s.outside in (0.0, before):
        return 0.0, 0.0
    return s.outside, min(1.0, max(close - upper, lower - close) / reach)


@strategy
def bollinger_breakout(period: LongPeriod = 20, width: Factor = 2.0, on_gap: OnGap = "flag") -> Node:
    bands = bollinger(period, width)
    return Node(
        step=_bollinger_breakout,
        inputs=("close", bands["upper"], bands["middle"], bands["lower"]),
        state={"outside": 0.0},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
