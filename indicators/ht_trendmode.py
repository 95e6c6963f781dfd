"""Trend mode: 1 where the price is in a trend, 0 where it is in a cycle.

A cycle is seen where sine and lead sine have crossed within half a period, or where the phase turns at about the rate
of the period; more than 1.5 % away from the trendline is a trend all the same.
Source: Ehlers, Rocket Science for Traders (2001), ch. 11; TA-Lib 0.8 `HT_TRENDMODE`.

>>> from core.plain import over
>>> over(ht_trendmode(), close=[100.0 + (i % 8) for i in range(70)])[-1]
0.0
"""

import math

from core.making import Series, indicator
from core.node import Constants, Node, State, nan, step
from indicators.hilbert import hilbert
from indicators.ht_dcphase import phase
from indicators.ht_trendline import trend

_RADIANS = math.pi / 180.0


@step
def _crossed(s: State, sine: float, lead: float) -> bool:
    before = s.sine - s.lead
    now = sine - lead
    s.sine, s.lead = sine, lead
    return (now > 0.0 and before <= 0.0) or (now < 0.0 and before >= 0.0)


@step
def _ht_trendmode(s: State, _p: Constants, smooth: float, price: float, degrees: float, line: float) -> float:
    mode = 1.0
    if _crossed(s, math.sin(degrees * _RADIANS), math.sin((degrees + 45.0) * _RADIANS)):
        s.rows = 0
        mode = 0.0
    s.rows += 1
    if s.rows < 0.5 * smooth:
        mode = 0.0
    turned = degrees - s.phase
    s.phase = degrees
    if smooth != 0.0 and 0.67 * 360.0 / smooth < turned < 1.5 * 360.0 / smooth:
        mode = 0.0
    if line != 0.0 and abs((price - line) / line) >= 0.015:
        mode = 1.0
    s.n += 1
    return mode if s.n > 26 else nan


@indicator
def ht_trendmode(of: Series = "close") -> Node:
    parts = hilbert(37, of)
    return Node(
        step=_ht_trendmode,
        inputs=(parts["smooth"], parts["price"], phase(of), trend(of)),
        state={"sine": 0.0, "lead": 0.0, "phase": 0.0, "rows": 0, "n": 0},
        warmup=26,
    )
