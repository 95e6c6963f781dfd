"""Sine wave: the sine of the dominant cycle's phase, and the same 45 degrees ahead; they cross where the cycle turns.

Source: Ehlers, Rocket Science for Traders (2001), ch. 9; TA-Lib 0.8 `HT_SINE`.

>>> from core.plain import over
>>> over(ht_sine(), close=[100.0 + (i % 8) for i in range(70)])[-1]
(-0.39093586693257676, 0.3744003504282128)
"""

import math

from core.making import Series, indicator
from core.node import Constants, Node, State, step
from indicators.ht_dcphase import ht_dcphase

_RADIANS = math.pi / 180.0


@step
def _ht_sine(_s: State, _p: Constants, phase: float) -> tuple[float, float]:
    return math.sin(phase * _RADIANS), math.sin((phase + 45.0) * _RADIANS)


@indicator
def ht_sine(of: Series = "close") -> Node:
    return Node(step=_ht_sine, inputs=(ht_dcphase(of),), outputs=("sine", "lead"))
