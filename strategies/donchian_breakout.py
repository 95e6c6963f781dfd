"""Donchian breakout: buy when the close is above the highest high of the bars before, sell when below the lowest low.

It says so once for each direction: the next signal is the opposite one. Strength is the distance beyond the channel, as
a share of the channel's width, at most 1.
Source: Donchian's 4-week rule; the entries of the Turtles' systems, in Faith, Way of the Turtle (2007), chapter 10.

>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> node = donchian_breakout(2); s, run = fresh(node), interpreted(node.step)
>>> [run(s, None, close, 12.0, 8.0) for close in (13.0, 13.0, 14.0, 7.0)]
[(0.0, 0.0), (1.0, 0.25), (0.0, 0.0), (-1.0, 0.25)]
"""

from core.making import LongPeriod, strategy
from core.node import Constants, Node, OnGap, State, step
from indicators.donchian import donchian


@step
def _donchian_breakout(s: State, _p: Constants, close: float, upper: float, lower: float) -> tuple[float, float]:
    top = s.top  # of the bars before this one
    bottom = s.bottom
    known = s.known
    s.top = upper
    s.bottom = lower
    s.known = 1
    side = 1.0 if close > top else -1.0 if close < bottom else 0.0
    if known == 0 or side in (0.0, s.side):
        return 0.0, 0.0
    s.side = side
    width = top - bottom
    return side, min(1.0, max(close - top, bottom - close) / width) if width > 0.0 else 1.0


@strategy
def donchian_breakout(period: LongPeriod = 20, on_gap: OnGap = "flag") -> Node:
    channel = donchian(period)
    return Node(
        step=_donchian_breakout,
        inputs=("close", channel["upper"], channel["lower"]),
        state={"top": 0.0, "bottom": 0.0, "side": 0.0, "known": 0},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
