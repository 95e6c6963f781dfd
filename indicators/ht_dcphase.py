"""Dominant cycle phase: where in its strongest cycle the price is, in degrees, −45 to 315.

From the sums of one period of smoothed prices with sine and cosine: O(period of the cycle), 50 at most.
Source: Ehlers, Rocket Science for Traders (2001), ch. 9; TA-Lib 0.8 `HT_DCPHASE`.

>>> from core.plain import over
>>> over(ht_dcphase(), close=[100.0 + (i % 8) for i in range(70)])[-1]
-23.012744313693602
"""

import math

from core.making import Series, indicator
from core.node import Constants, Node, Past, State, ago, step
from indicators.hilbert import hilbert
from indicators.ma import late

_DEGREES = 180.0 / math.pi
_RADIANS = math.pi / 180.0


@step
def _phase(s: State, _p: Constants, smooth: float, past: State) -> float:
    rows = int(smooth + 0.5)
    real = 0.0
    imaginary = 0.0
    for i in range(rows):
        turn = i * 360.0 * _RADIANS / rows
        real += math.sin(turn) * ago(past, i)
        imaginary += math.cos(turn) * ago(past, i)
    if abs(imaginary) > 0.0:
        s.phase = math.atan(real / imaginary) * _DEGREES
    elif real < 0.0:
        s.phase -= 90.0
    elif real > 0.0:
        s.phase += 90.0
    s.phase += 90.0 + (360.0 / smooth if smooth > 0.0 else 0.0)
    if imaginary < 0.0:
        s.phase += 180.0
    if s.phase > 315.0:
        s.phase -= 360.0
    return s.phase


@indicator
def phase(of: Series) -> Node:
    """The phase from the first row the transform gives on, when it still settles."""
    parts = hilbert(37, of)
    return Node(step=_phase, inputs=(parts["smooth"], Past(parts["price"], 50)), state={"phase": 0.0})


@step
def _ht_dcphase(_s: State, _p: Constants, degrees: float) -> float:
    return degrees


@indicator
def ht_dcphase(of: Series = "close") -> Node:
    return Node(step=_ht_dcphase, inputs=(late(26, phase(of)),), cost="O(period of the cycle)")
