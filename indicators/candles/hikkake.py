"""Hikkake: an inside bar, a false break out of it, and a confirmation within three bars.

>>> from core.catalogue import sample
>>> from core.plain import over
>>> [(row, seen) for row, seen in enumerate(over(cdl_hikkake(), **sample("bars"))) if abs(seen) > 0][:3]
[(8, -100.0), (16, 100.0), (30, 100.0)]
"""

from core.making import indicator
from core.node import Constants, Node, Past, State, ago, nan, step
from indicators.adr import reach
from indicators.candles.shape import mean_before


@step
def _false_break(s: State, h: State, l: State, c: State, seen: float) -> float:
    """A break seen now (100 rising, −100 falling), its confirmation within three bars (±200), or 0."""
    s.n += 1
    if seen != 0.0:
        s.side = seen
        s.age = 0
        s.high, s.low = ago(h, 1), ago(l, 1)
        return seen
    s.age += 1
    rose = s.side > 0.0 and ago(c, 0) > s.high
    fell = s.side < 0.0 and ago(c, 0) < s.low
    if s.age <= 3 and (rose or fell):
        s.age = 4
        return 2.0 * s.side
    return 0.0


@step
def _inside(h: State, l: State, k: int) -> bool:
    """Whether bar k lies inside the one before."""
    return ago(h, k) < ago(h, k + 1) and ago(l, k) > ago(l, k + 1)


@step
def _hikkake(s: State, p: Constants, _close: float, h: State, l: State, c: State) -> float:
    seen = 0.0
    if s.n >= 2 and _inside(h, l, 1):
        if ago(h, 0) < ago(h, 1) and ago(l, 0) < ago(l, 1):
            seen = 100.0
        elif ago(h, 0) > ago(h, 1) and ago(l, 0) > ago(l, 1):
            seen = -100.0
    found = _false_break(s, h, l, c, seen)
    return found if s.n > p.rows else nan


_STATE = {"n": 0, "side": 0.0, "age": 4, "high": 0.0, "low": 0.0}


@indicator
def cdl_hikkake() -> Node:
    """Hikkake: an inside bar, then a bar that breaks out of it the wrong way.

    ±100 where it is seen (rising after a break downwards), ±200 where a close within three bars confirms it.
    Source: Chesler, The Hikkake Pattern, Active Trader (2003); TA-Lib 0.8 `CDLHIKKAKE`.
    """
    pasts = tuple(Past(name, 4) for name in ("high", "low", "close"))
    return Node(step=_hikkake, inputs=("close", *pasts), state=_STATE, constants={"rows": 5}, warmup=5)


@step
def _hikkakemod(s: State, p: Constants, _close: float, h: State, l: State, c: State, n: State) -> float:
    seen = 0.0
    if _inside(h, l, 2) and _inside(h, l, 1):
        near = 0.2 * ago(n, 2)
        if ago(h, 0) < ago(h, 1) and ago(l, 0) < ago(l, 1) and ago(c, 2) <= ago(l, 2) + near:
            seen = 100.0
        elif ago(h, 0) > ago(h, 1) and ago(l, 0) > ago(l, 1) and ago(c, 2) >= ago(h, 2) - near:
            seen = -100.0
    if s.n < p.skip:  # near is not known yet, two bars ago
        seen = 0.0
    found = _false_break(s, h, l, c, seen)
    return found if s.n > p.rows else nan


@indicator
def cdl_hikkakemod() -> Node:
    """Modified hikkake: a hikkake after two inside bars, the first of which closes near the end it breaks.

    ±100 where it is seen (rising after a break downwards), ±200 where a close within three bars confirms it.
    Source: Chesler, Active Trader (2003); TA-Lib 0.8 `CDLHIKKAKEMOD`.
    """
    pasts = tuple(Past(name, 5) for name in ("high", "low", "close"))
    near = mean_before(5, reach())
    return Node(
        step=_hikkakemod,
        inputs=("close", *pasts, Past(near, 5)),
        state=_STATE,
        constants={"rows": 5, "skip": 2},
        warmup=5,
    )
