"""RSI reversal: buy when the index climbs back out of oversold, sell when it falls back out of overbought.

Strength is how deep it had been: the farthest excursion beyond the line, as a share of all there is beyond it.
Source: Wilder, New Concepts in Technical Trading Systems (1978), section on RSI tops and bottoms.

>>> from types import SimpleNamespace
>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> node = rsi_reversal(); s, run = fresh(node), interpreted(node.step)
>>> [run(s, SimpleNamespace(**node.constants), value) for value in (50.0, 15.0, 25.0, 31.0, 40.0)]
[(0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (1.0, 0.5), (0.0, 0.0)]
"""

from typing import Annotated

from core.errors import BadInput
from core.making import LongPeriod, Range, strategy
from core.node import Constants, Node, OnGap, State, step
from indicators.rsi import rsi

Line = Annotated[float, Range(1.0, 99.0)]


@step
def _rsi_reversal(s: State, p: Constants, index: float) -> tuple[float, float]:
    bottom = s.bottom
    top = s.top
    if index < p.low:
        s.bottom = min(bottom, index)
    elif index > p.high:
        s.top = max(top, index)
    if bottom < p.low and index >= p.low:
        s.bottom = p.low
        return 1.0, (p.low - bottom) / p.low
    if top > p.high and index <= p.high:
        s.top = p.high
        return -1.0, (top - p.high) / (100.0 - p.high)
    return 0.0, 0.0


@strategy
def rsi_reversal(period: LongPeriod = 14, low: Line = 30.0, high: Line = 70.0, on_gap: OnGap = "flag") -> Node:
    if low >= high:
        raise BadInput(f"low must be less than high ({high:g}), was {low:g}")
    return Node(
        step=_rsi_reversal,
        inputs=(rsi(period),),
        state={"bottom": low, "top": high},
        constants={"low": low, "high": high},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
