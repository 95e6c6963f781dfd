"""Dojis: open and close nearly the same.

>>> from core.catalogue import sample
>>> from core.plain import over
>>> [(row, seen) for row, seen in enumerate(over(cdl_dragonflydoji(), **sample("bars"))) if abs(seen) > 0]
[(41, 100.0), (114, 100.0), (182, 100.0)]
"""

from core.making import indicator
from core.node import Constants, Node, State, ago, step
from indicators.candles.shape import body, bottom, lower, pattern, top, upper


@step
def _doji(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = body(o, c, 0) <= 0.1 * ago(r, 0)
    return 100.0 if found else 0.0


@indicator
def cdl_doji() -> Node:
    """Doji: open and close nearly the same.

    100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLDOJI`.
    """
    return pattern(_doji, 10)


@step
def _dragonflydoji(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 0) <= 0.1 * ago(r, 0) and upper(h, o, c, 0) < 0.1 * ago(r, 0) and lower(l, o, c, 0) > 0.1 * ago(r, 0)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_dragonflydoji() -> Node:
    """Dragonfly doji: a doji at its high, with a lower shadow.

    100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLDRAGONFLYDOJI`.
    """
    return pattern(_dragonflydoji, 10)


@step
def _gravestonedoji(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 0) <= 0.1 * ago(r, 0) and lower(l, o, c, 0) < 0.1 * ago(r, 0) and upper(h, o, c, 0) > 0.1 * ago(r, 0)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_gravestonedoji() -> Node:
    """Gravestone doji: a doji at its low, with an upper shadow.

    100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLGRAVESTONEDOJI`.
    """
    return pattern(_gravestonedoji, 10)


@step
def _longleggeddoji(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = body(o, c, 0) <= 0.1 * ago(r, 0) and (
        lower(l, o, c, 0) > body(o, c, 0) or upper(h, o, c, 0) > body(o, c, 0)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_longleggeddoji() -> Node:
    """Long-legged doji: a doji with a long shadow.

    100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLLONGLEGGEDDOJI`.
    """
    return pattern(_longleggeddoji, 10)


@step
def _rickshawman(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 0) <= 0.1 * ago(r, 0)
        and lower(l, o, c, 0) > body(o, c, 0)
        and upper(h, o, c, 0) > body(o, c, 0)
        and bottom(o, c, 0) <= ago(l, 0) + (ago(h, 0) - ago(l, 0)) / 2.0 + 0.2 * ago(n, 0)
        and top(o, c, 0) >= ago(l, 0) + (ago(h, 0) - ago(l, 0)) / 2.0 - 0.2 * ago(n, 0)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_rickshawman() -> Node:
    """Rickshaw man: a long-legged doji with its body in the middle of its range.

    100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLRICKSHAWMAN`.
    """
    return pattern(_rickshawman, 10)


@step
def _takuri(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 0) <= 0.1 * ago(r, 0)
        and upper(h, o, c, 0) < 0.1 * ago(r, 0)
        and lower(l, o, c, 0) > 2.0 * body(o, c, 0)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_takuri() -> Node:
    """Takuri: a dragonfly doji with a very long lower shadow.

    100 where it is seen, else 0.
    Source: Bulkowski, Encyclopedia of Candlestick Charts (2008); TA-Lib 0.8 `CDLTAKURI`.
    """
    return pattern(_takuri, 10)
