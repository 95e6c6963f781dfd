"""Engulfing and harami: one body round another.

>>> from core.catalogue import sample
>>> from core.plain import over
>>> [(row, seen) for row, seen in enumerate(over(cdl_haramicross(), **sample("bars"))) if abs(seen) > 0]
[(15, 80.0), (163, -80.0)]
"""

from core.making import indicator
from core.node import Constants, Node, State, ago, step
from indicators.candles.shape import body, bottom, pattern, signed, top, up


@step
def _engulfing(_s: State, _p: Constants, _now: float, o: State, _h: State, _l: State, c: State) -> float:
    rising = up(o, c, 0)
    if rising == up(o, c, 1):
        return 0.0
    above, below = (ago(c, 0), ago(o, 0)) if rising else (ago(o, 0), ago(c, 0))
    ceiling, floor = top(o, c, 1), bottom(o, c, 1)
    if not ((above >= ceiling and below < floor) or (above > ceiling and below <= floor)):
        return 0.0
    return signed(rising, 100.0 if above != ceiling and below != floor else 80.0)


@indicator
def cdl_engulfing() -> Node:
    """Engulfing: a body that covers the one before, of the other colour.

    ±100 where it is seen, ±80 where the bodies share an end; 100 and 80 are rising.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLENGULFING`.
    """
    return pattern(_engulfing, 2)


@step
def _inside(o: State, c: State) -> float:
    """How far the last body is inside the one before: 100 wholly, 80 up to an end, 0 not."""
    if top(o, c, 0) < top(o, c, 1) and bottom(o, c, 0) > bottom(o, c, 1):
        return 100.0
    return 80.0 if top(o, c, 0) <= top(o, c, 1) and bottom(o, c, 0) >= bottom(o, c, 1) else 0.0


@step
def _harami(
    _s: State, _p: Constants, _now: float, o: State, _h: State, _l: State, c: State, b: State, _r: State, _t: State,
    _n: State,
) -> float:  # fmt: skip
    found = body(o, c, 1) > ago(b, 1) and body(o, c, 0) <= ago(b, 0)
    return signed(not up(o, c, 1), _inside(o, c)) if found else 0.0


@indicator
def cdl_harami() -> Node:
    """Harami: a short body inside a long one before it.

    ±100 where it is seen, ±80 where the bodies share an end; rising after a falling candle.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLHARAMI`.
    """
    return pattern(_harami, 11)


@step
def _haramicross(
    _s: State, _p: Constants, _now: float, o: State, _h: State, _l: State, c: State, b: State, r: State, _t: State,
    _n: State,
) -> float:  # fmt: skip
    found = body(o, c, 1) > ago(b, 1) and body(o, c, 0) <= 0.1 * ago(r, 0)
    return signed(not up(o, c, 1), _inside(o, c)) if found else 0.0


@indicator
def cdl_haramicross() -> Node:
    """Harami cross: a doji inside a long body before it.

    ±100 where it is seen, ±80 where the bodies share an end; rising after a falling candle.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLHARAMICROSS`.
    """
    return pattern(_haramicross, 11)
