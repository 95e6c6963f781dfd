"""MESA adaptive moving average: an average that is fast when the phase stands still, and one that follows it.

weight = fast_limit / the phase's change in degrees (1 at least), slow_limit at least; fama follows mama at half of it.
Source: Ehlers, MESA Adaptive Moving Averages, Stocks & Commodities 19 (2001); TA-Lib 0.8 `MAMA`.

>>> from core.plain import over
>>> over(mama(), close=[100.0 + (i % 8) for i in range(40)])[-1]
(104.01185439427005, 99.17390861068876)
"""

import math
from typing import Annotated

from core.making import Range, Series, indicator
from core.node import Constants, Node, State, nan, step
from indicators.hilbert import hilbert

_DEGREES = 180.0 / math.pi


@step
def _mama(s: State, p: Constants, value: float, inphase: float, quadrature: float) -> tuple[float, float]:
    phase = math.atan(quadrature / inphase) * _DEGREES if inphase != 0.0 else 0.0
    change = max(s.phase - phase, 1.0)
    s.phase = phase
    weight = max(p.fast / change, p.slow) if change > 1.0 else p.fast
    s.mama = weight * value + (1.0 - weight) * s.mama
    weight *= 0.5
    s.fama = weight * s.mama + (1.0 - weight) * s.fama
    s.n += 1
    return (s.mama, s.fama) if s.n > 20 else (nan, nan)


@indicator
def mama(
    fast_limit: Annotated[float, Range(0.01, 0.99)] = 0.5,
    slow_limit: Annotated[float, Range(0.01, 0.99)] = 0.05,
    of: Series = "close",
) -> Node:
    parts = hilbert(12, of)
    return Node(
        step=_mama,
        inputs=(of, parts["inphase"], parts["quadrature"]),
        state={"phase": 0.0, "mama": 0.0, "fama": 0.0, "n": 0},
        constants={"fast": fast_limit, "slow": slow_limit},
        outputs=("mama", "fama"),
        warmup=20,
    )
