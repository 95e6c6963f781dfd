"""Keltner squeeze: while the Bollinger Bands lie within the Keltner channel the market is coiled; when they come out,
buy if the close is above its mean, sell if it is below.

Strength is how long it was coiled, as a share of `period` bars, at most 1.
Source: Carter, Mastering the Trade (2005), chapter 11 ("the squeeze").

>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> from types import SimpleNamespace
>>> node = keltner_squeeze(); s, run = fresh(node), interpreted(node.step)
>>> bands = ((11.0, 9.0), (10.5, 9.5), (10.4, 9.6), (13.0, 7.0))
>>> [run(s, SimpleNamespace(period=20), 10.5, upper, 10.0, lower, 12.0, 8.0) for upper, lower in bands]
[(0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (1.0, 0.15)]
"""

from core.making import Factor, LongPeriod, strategy
from core.node import Constants, Node, OnGap, State, step
from indicators.bollinger import bollinger
from indicators.keltner import keltner


@step
def _keltner_squeeze(
    s: State, p: Constants, close: float, upper: float, middle: float, lower: float, top: float, bottom: float
) -> tuple[float, float]:
    coiled = s.coiled
    if upper < top and lower > bottom:
        s.coiled = coiled + 1
        return 0.0, 0.0
    s.coiled = 0
    if coiled == 0 or close == middle:
        return 0.0, 0.0
    return (1.0 if close > middle else -1.0), min(1.0, coiled / p.period)


@strategy
def keltner_squeeze(
    period: LongPeriod = 20, width: Factor = 2.0, channel: Factor = 1.5, on_gap: OnGap = "flag"
) -> Node:
    bands, outer = bollinger(period, width), keltner(period, period, channel)
    return Node(
        step=_keltner_squeeze,
        inputs=("close", bands["upper"], bands["middle"], bands["lower"], outer["upper"], outer["lower"]),
        state={"coiled": 0},
        constants={"period": float(period)},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
