"""Moving-average crossover: buy when the fast average rises through the slow one, sell when it falls through.

Strength is how decisively they crossed: the change of their distance over the bar, in average true ranges, at most 1.
Source: Brock, Lakonishok, LeBaron, Simple Technical Trading Rules, Journal of Finance 47 (1992).

>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> node = crossover(2, 3); s, run = fresh(node), interpreted(node.step)
>>> [run(s, None, fast, 10.0, 4.0) for fast in (9.0, 11.0, 12.0)]
[(0.0, 0.0), (1.0, 0.5), (0.0, 0.0)]
"""

from core.errors import BadInput
from core.making import Period, strategy
from core.node import Constants, Node, OnGap, State, step
from indicators.atr import atr
from indicators.ema import ema


@step
def crossed(s: State, _p: Constants, fast: float, slow: float, reach: float) -> tuple[float, float]:
    """Side and strength as `fast` goes through `slow`; their distance changing by `reach` is full strength."""
    distance = fast - slow
    before = s.distance
    known = s.known
    if distance != 0.0:  # touching is not crossing: the side is what it last was
        s.distance = distance
        s.known = 1
    if known == 0 or distance * before >= 0.0:
        return 0.0, 0.0
    strength = min(1.0, abs(distance - before) / reach) if reach > 0.0 else 1.0
    return (1.0 if distance > 0.0 else -1.0), strength


@strategy
def crossover(fast: Period = 12, slow: Period = 26, on_gap: OnGap = "flag") -> Node:
    if fast >= slow:
        raise BadInput(f"fast must be less than slow ({slow}), was {fast}")
    return Node(
        step=crossed,
        inputs=(ema(fast), ema(slow), atr(14)),
        state={"distance": 0.0, "known": 0},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
