"""Bollinger reversion: buy when the close comes back into the bands from below, sell when it does from above.

Strength is how far it had been: the farthest excursion beyond the band, as a share of the band's distance from the
middle, at most 1.
Source: Bollinger, Bollinger on Bollinger Bands (2001), method III (reversals).

>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> node = bollinger_reversion(); s, run = fresh(node), interpreted(node.step)
>>> [run(s, None, close, 12.0, 10.0, 8.0) for close in (9.0, 7.0, 7.5, 8.5, 9.0)]
[(0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (1.0, 0.5), (0.0, 0.0)]
"""

from core.making import Factor, LongPeriod, strategy
from core.node import Constants, Node, OnGap, State, step
from indicators.bollinger import bollinger


@step
def _bollinger_reversion(
    s: State, _p: Constants, close: float, upper: float, middle: float, lower: float
) -> tuple[float, float]:
    reach = upper - middle
    now = 0.0
    if reach > 0.0:  # a price that stands still has no bands to leave
        now = 1.0 if close > upper else -1.0 if close < lower else 0.0
    before = s.outside
    far = s.far
    if now != 0.0:
        share = min(1.0, max(close - upper, lower - close) / reach)
        s.far = max(far, share) if now == before else share
    s.outside = now
    if before in (0.0, now):
        return 0.0, 0.0
    return -before, far


@strategy
def bollinger_reversion(period: LongPeriod = 20, width: Factor = 2.0, on_gap: OnGap = "flag") -> Node:
    bands = bollinger(period, width)
    return Node(
        step=_bollinger_reversion,
        inputs=("close", bands["upper"], bands["middle"], bands["lower"]),
        state={"outside": 0.0, "far": 0.0},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
