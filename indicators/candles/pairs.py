"""Patterns of two candles that match: in size, open or close.

>>> from core.catalogue import sample
>>> from core.plain import over
>>> [(row, seen) for row, seen in enumerate(over(cdl_matchinglow(), **sample("bars"))) if abs(seen) > 0]
[(199, 100.0), (203, 100.0)]
"""

from core.making import indicator
from core.node import Constants, Node, State, ago, step
from indicators.candles.shape import body, lower, pattern, signed, up, upper


@step
def _homingpigeon(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        not up(o, c, 1)
        and not up(o, c, 0)
        and body(o, c, 1) > ago(b, 1)
        and body(o, c, 0) <= ago(b, 0)
        and ago(o, 0) < ago(o, 1)
        and ago(c, 0) > ago(c, 1)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_homingpigeon() -> Node:
    """Homing pigeon: a short falling body inside a long falling one.

    100 where it is seen, else 0.
    Source: Bulkowski, Encyclopedia of Candlestick Charts (2008); TA-Lib 0.8 `CDLHOMINGPIGEON`.
    """
    return pattern(_homingpigeon, 11)


@step
def _kicking(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        up(o, c, 1) != up(o, c, 0)
        and body(o, c, 1) > ago(b, 1)
        and upper(h, o, c, 1) < 0.1 * ago(r, 1)
        and lower(l, o, c, 1) < 0.1 * ago(r, 1)
        and body(o, c, 0) > ago(b, 0)
        and upper(h, o, c, 0) < 0.1 * ago(r, 0)
        and lower(l, o, c, 0) < 0.1 * ago(r, 0)
        and (ago(h, 0) < ago(l, 1) if up(o, c, 1) else ago(l, 0) > ago(h, 1))
    )
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_kicking() -> Node:
    """Kicking: two marubozus of opposite colour with a gap between their ranges.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Bulkowski, Encyclopedia of Candlestick Charts (2008); TA-Lib 0.8 `CDLKICKING`.
    """
    return pattern(_kicking, 11)


@step
def _kickingbylength(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        up(o, c, 1) != up(o, c, 0)
        and body(o, c, 1) > ago(b, 1)
        and upper(h, o, c, 1) < 0.1 * ago(r, 1)
        and lower(l, o, c, 1) < 0.1 * ago(r, 1)
        and body(o, c, 0) > ago(b, 0)
        and upper(h, o, c, 0) < 0.1 * ago(r, 0)
        and lower(l, o, c, 0) < 0.1 * ago(r, 0)
        and (ago(h, 0) < ago(l, 1) if up(o, c, 1) else ago(l, 0) > ago(h, 1))
    )
    return signed(up(o, c, 0) if body(o, c, 0) > body(o, c, 1) else up(o, c, 1), 100.0) if found else 0.0


@indicator
def cdl_kickingbylength() -> Node:
    """Kicking, by length: two marubozus of opposite colour with a gap between them; the longer one says the
    direction.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Bulkowski, Encyclopedia of Candlestick Charts (2008); TA-Lib 0.8 `CDLKICKINGBYLENGTH`.
    """
    return pattern(_kickingbylength, 11)


@step
def _matchinglow(_s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, n: State) -> float:
    found = (
        not up(o, c, 1)
        and not up(o, c, 0)
        and ago(c, 0) <= ago(c, 1) + 0.05 * ago(n, 1)
        and ago(c, 0) >= ago(c, 1) - 0.05 * ago(n, 1)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_matchinglow() -> Node:
    """Matching low: two falling candles that close at the same price.

    100 where it is seen, else 0.
    Source: Bulkowski, Encyclopedia of Candlestick Charts (2008); TA-Lib 0.8 `CDLMATCHINGLOW`.
    """
    return pattern(_matchinglow, 6)


@step
def _separatinglines(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        up(o, c, 1) != up(o, c, 0)
        and ago(o, 0) <= ago(o, 1) + 0.05 * ago(n, 1)
        and ago(o, 0) >= ago(o, 1) - 0.05 * ago(n, 1)
        and body(o, c, 0) > ago(b, 0)
        and (lower(l, o, c, 0) if up(o, c, 0) else upper(h, o, c, 0)) < 0.1 * ago(r, 0)
    )
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_separatinglines() -> Node:
    """Separating lines: two candles of opposite colour that open at the same price, the second a belt hold.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLSEPARATINGLINES`.
    """
    return pattern(_separatinglines, 11)
