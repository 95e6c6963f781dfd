"""ADX trend: in a strong trend buy when the upward movement overtakes the downward one, sell when it falls behind.

The trend is strong when ADX is at least `strong`; strength is ADX as a share of 100.
Source: Wilder, New Concepts in Technical Trading Systems (1978), the directional movement system.

>>> from types import SimpleNamespace
>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> node = adx_trend(); s, run = fresh(node), interpreted(node.step)
>>> rows = ((10.0, 20.0, 30.0), (25.0, 15.0, 40.0), (15.0, 25.0, 20.0), (30.0, 10.0, 20.0), (10.0, 30.0, 50.0))
>>> [run(s, SimpleNamespace(**node.constants), *row) for row in rows]
[(0.0, 0.0), (1.0, 0.4), (0.0, 0.0), (0.0, 0.0), (-1.0, 0.5)]
"""

from typing import Annotated

from core.making import LongPeriod, Range, strategy
from core.node import Constants, Node, OnGap, State, step
from indicators.adx import adx
from indicators.minus_di import minus_di
from indicators.plus_di import plus_di


@step
def _adx_trend(s: State, p: Constants, up: float, down: float, trend: float) -> tuple[float, float]:
    before = s.side
    if up != down:
        s.side = 1.0 if up > down else -1.0
    if before in (0.0, s.side) or trend < p.strong:
        return 0.0, 0.0
    return s.side, trend / 100.0


@strategy
def adx_trend(
    period: LongPeriod = 14, strong: Annotated[float, Range(0.0, 100.0)] = 25.0, on_gap: OnGap = "flag"
) -> Node:
    return Node(
        step=_adx_trend,
        inputs=(plus_di(period), minus_di(period), adx(period)),
        state={"side": 0.0},
        constants={"strong": strong},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
