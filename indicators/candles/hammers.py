"""Hammers and stars of two candles: a short body with a long shadow, or away from the one before.

>>> from core.catalogue import sample
>>> from core.plain import over
>>> [(row, seen) for row, seen in enumerate(over(cdl_hangingman(), **sample("bars"))) if abs(seen) > 0]
[(116, -100.0)]
"""

from core.making import indicator
from core.node import Constants, Node, State, ago, step
from indicators.candles.shape import body, bottom, gap_down, gap_up, lower, pattern, signed, up, upper


@step
def _dojistar(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 1) > ago(b, 1)
        and body(o, c, 0) <= 0.1 * ago(r, 0)
        and (gap_up(o, c, 0, 1) if up(o, c, 1) else gap_down(o, c, 0, 1))
    )
    return signed(not up(o, c, 1), 100.0) if found else 0.0


@indicator
def cdl_dojistar() -> Node:
    """Doji star: a doji that gaps away from a long body, in its direction.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLDOJISTAR`.
    """
    return pattern(_dojistar, 11)


@step
def _hammer(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 0) < ago(b, 0)
        and lower(l, o, c, 0) > body(o, c, 0)
        and upper(h, o, c, 0) < 0.1 * ago(r, 0)
        and bottom(o, c, 0) <= ago(l, 1) + 0.2 * ago(n, 1)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_hammer() -> Node:
    """Hammer: a short body at the top of a long lower shadow, near the low of the candle before.

    100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLHAMMER`.
    """
    return pattern(_hammer, 11)


@step
def _hangingman(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 0) < ago(b, 0)
        and lower(l, o, c, 0) > body(o, c, 0)
        and upper(h, o, c, 0) < 0.1 * ago(r, 0)
        and bottom(o, c, 0) >= ago(h, 1) - 0.2 * ago(n, 1)
    )
    return -100.0 if found else 0.0


@indicator
def cdl_hangingman() -> Node:
    """Hanging man: a short body at the top of a long lower shadow, near the high of the candle before.

    −100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLHANGINGMAN`.
    """
    return pattern(_hangingman, 11)


@step
def _invertedhammer(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 0) < ago(b, 0)
        and upper(h, o, c, 0) > body(o, c, 0)
        and lower(l, o, c, 0) < 0.1 * ago(r, 0)
        and gap_down(o, c, 0, 1)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_invertedhammer() -> Node:
    """Inverted hammer: a short body at the bottom of a long upper shadow, gapping below the candle before.

    100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLINVERTEDHAMMER`.
    """
    return pattern(_invertedhammer, 11)


@step
def _shootingstar(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 0) < ago(b, 0)
        and upper(h, o, c, 0) > body(o, c, 0)
        and lower(l, o, c, 0) < 0.1 * ago(r, 0)
        and gap_up(o, c, 0, 1)
    )
    return -100.0 if found else 0.0


@indicator
def cdl_shootingstar() -> Node:
    """Shooting star: a short body at the bottom of a long upper shadow, gapping above the candle before.

    −100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLSHOOTINGSTAR`.
    """
    return pattern(_shootingstar, 11)
