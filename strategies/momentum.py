"""Time-series momentum: buy when the price rises above what it was `period` bars ago, sell when it falls below.

Strength is how decisively it did: the change of that difference over the bar, in average true ranges, at most 1.
Source: Moskowitz, Ooi, Pedersen, Time Series Momentum, Journal of Financial Economics 104 (2012).

>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> node = momentum(2); s, run = fresh(node), interpreted(node.step)
>>> [run(s, None, change, 4.0) for change in (-1.0, 1.0, 2.0, -3.0)]
[(0.0, 0.0), (1.0, 0.5), (0.0, 0.0), (-1.0, 1.0)]
"""

from core.making import Period, strategy
from core.node import Constants, Node, OnGap, State, step
from indicators.atr import atr
from indicators.mom import mom
from strategies.crossover import crossed


@step
def _momentum(s: State, p: Constants, change: float, reach: float) -> tuple[float, float]:
    return crossed(s, p, change, 0.0, reach)


@strategy
def momentum(period: Period = 120, on_gap: OnGap = "flag") -> Node:
    return Node(
        step=_momentum,
        inputs=(mom(period), atr(14)),
        state={"distance": 0.0, "known": 0},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
