"""MACD crossover: buy when the difference of two averages rises through its own average, sell when it falls through.

Strength is how decisively they crossed: the change of their distance over the bar, in average true ranges, at most 1.
Source: Appel, Technical Analysis: Power Tools for Active Investors (2005), chapter 8.

>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> node = macd_crossover(); s, run = fresh(node), interpreted(node.step)
>>> [run(s, None, line, 0.2, 1.0) for line in (0.1, 0.3, 0.4, 0.0)]
[(0.0, 0.0), (1.0, 0.19999999999999998), (0.0, 0.0), (-1.0, 0.4)]
"""

from core.making import LongPeriod, Period, strategy
from core.node import Node, OnGap
from indicators.atr import atr
from indicators.macd import macd
from strategies.crossover import crossed


@strategy
def macd_crossover(fast: Period = 12, slow: LongPeriod = 26, signal: Period = 9, on_gap: OnGap = "flag") -> Node:
    lines = macd(fast, slow, signal)
    return Node(
        step=crossed,
        inputs=(lines["line"], lines["signal"], atr(14)),
        state={"distance": 0.0, "known": 0},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
