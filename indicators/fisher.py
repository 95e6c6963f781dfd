"""Fisher transform: the place of the median price in its range, made nearly Gaussian, and the value before.

v ← 0.33 · 2 · (place − 0.5) + 0.67 · v, held inside ±0.999; fisher ← 0.5 · ln((1 + v) / (1 − v)) + 0.5 · fisher.
Source: Ehlers, Using the Fisher Transform, Stocks & Commodities 20 (2002).

>>> from core.plain import over
>>> over(fisher(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])[-1]
(0.43494409035688947, 0.7913738721291064)
"""

import math

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.highest import highest
from indicators.lowest import lowest
from indicators.medprice import medprice


@step
def _fisher(s: State, _p: Constants, price: float, top: float, bottom: float) -> tuple[float, float]:
    place = (price - bottom) / (top - bottom) - 0.5 if top > bottom else 0.0
    s.place = min(max(0.66 * place + 0.67 * s.place, -0.999), 0.999)
    before = s.fisher
    s.fisher = 0.5 * math.log((1.0 + s.place) / (1.0 - s.place)) + 0.5 * before
    return s.fisher, before


@indicator
def fisher(period: LongPeriod = 10) -> Node:
    price = medprice()
    return Node(
        step=_fisher,
        inputs=(price, highest(period, price), lowest(period, price)),
        state={"place": 0.0, "fisher": 0.0},
        outputs=("line", "signal"),
    )
