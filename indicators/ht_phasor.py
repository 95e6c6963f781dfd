"""Phasor: the two parts of the strongest cycle, a quarter of a cycle apart.

Source: Ehlers, Rocket Science for Traders (2001), ch. 6; TA-Lib 0.8 `HT_PHASOR`.

>>> from core.plain import over
>>> over(ht_phasor(), close=[100.0 + (i % 8) for i in range(40)])[-1]
(-3.0143637274098647, 5.683965558518147)
"""

from core.making import Series, indicator
from core.node import Constants, Node, State, nan, step
from indicators.hilbert import hilbert


@step
def _ht_phasor(s: State, _p: Constants, inphase: float, quadrature: float) -> tuple[float, float]:
    s.n += 1
    return (inphase, quadrature) if s.n > 20 else (nan, nan)


@indicator
def ht_phasor(of: Series = "close") -> Node:
    parts = hilbert(12, of)
    return Node(
        step=_ht_phasor,
        inputs=(parts["inphase"], parts["quadrature"]),
        state={"n": 0},
        outputs=("inphase", "quadrature"),
        warmup=20,
    )
