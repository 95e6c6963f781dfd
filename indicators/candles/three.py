"""Patterns of three candles: reversals.

>>> from core.catalogue import sample
>>> from core.plain import over
>>> [(row, seen) for row, seen in enumerate(over(cdl_advanceblock(), **sample("bars"))) if abs(seen) > 0]
[(121, -100.0)]
"""

from core.making import indicator
from core.node import Constants, Node, State, ago, step
from indicators.candles.shape import body, bottom, gap_up, lower, pattern, signed, top, up, upper


@step
def _2crows(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        up(o, c, 2)
        and body(o, c, 2) > ago(b, 2)
        and not up(o, c, 1)
        and gap_up(o, c, 1, 2)
        and not up(o, c, 0)
        and ago(o, 0) < ago(o, 1)
        and ago(o, 0) > ago(c, 1)
        and ago(c, 0) > ago(o, 2)
        and ago(c, 0) < ago(c, 2)
    )
    return -100.0 if found else 0.0


@indicator
def cdl_2crows() -> Node:
    """Two crows: a long rising candle, a falling one that gaps above it, and one that falls from inside that into
    the first.

    −100 where it is seen, else 0.
    Source: Morris, Candlestick Charting Explained, 3rd ed. (2006); TA-Lib 0.8 `CDL2CROWS`.
    """
    return pattern(_2crows, 12)


@step
def _3inside(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 2) > ago(b, 2)
        and body(o, c, 1) <= ago(b, 1)
        and top(o, c, 1) < top(o, c, 2)
        and bottom(o, c, 1) > bottom(o, c, 2)
        and ((not up(o, c, 0) and ago(c, 0) < ago(o, 2)) if up(o, c, 2) else (up(o, c, 0) and ago(c, 0) > ago(o, 2)))
    )
    return signed(not up(o, c, 2), 100.0) if found else 0.0


@indicator
def cdl_3inside() -> Node:
    """Three inside: a short body inside a long one, and a close beyond the long one against its direction.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Morris, Candlestick Charting Explained, 3rd ed. (2006); TA-Lib 0.8 `CDL3INSIDE`.
    """
    return pattern(_3inside, 12)


@step
def _3starsinsouth(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        not up(o, c, 2)
        and not up(o, c, 1)
        and not up(o, c, 0)
        and body(o, c, 2) > ago(b, 2)
        and lower(l, o, c, 2) > body(o, c, 2)
        and body(o, c, 1) < body(o, c, 2)
        and ago(o, 1) > ago(c, 2)
        and ago(o, 1) <= ago(h, 2)
        and ago(l, 1) < ago(c, 2)
        and ago(l, 1) >= ago(l, 2)
        and lower(l, o, c, 1) > 0.1 * ago(r, 1)
        and body(o, c, 0) < ago(b, 0)
        and upper(h, o, c, 0) < 0.1 * ago(r, 0)
        and lower(l, o, c, 0) < 0.1 * ago(r, 0)
        and ago(l, 0) > ago(l, 1)
        and ago(h, 0) < ago(h, 1)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_3starsinsouth() -> Node:
    """Three stars in the south: three falling candles, each inside the one before, that lose their force.

    100 where it is seen, else 0.
    Source: Morris, Candlestick Charting Explained, 3rd ed. (2006); TA-Lib 0.8 `CDL3STARSINSOUTH`.
    """
    return pattern(_3starsinsouth, 12)


@step
def _3whitesoldiers(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        up(o, c, 2)
        and up(o, c, 1)
        and up(o, c, 0)
        and upper(h, o, c, 2) < 0.1 * ago(r, 2)
        and upper(h, o, c, 1) < 0.1 * ago(r, 1)
        and upper(h, o, c, 0) < 0.1 * ago(r, 0)
        and ago(c, 0) > ago(c, 1)
        and ago(c, 1) > ago(c, 2)
        and ago(o, 1) > ago(o, 2)
        and ago(o, 1) <= ago(c, 2) + 0.2 * ago(n, 2)
        and ago(o, 0) > ago(o, 1)
        and ago(o, 0) <= ago(c, 1) + 0.2 * ago(n, 1)
        and body(o, c, 1) > body(o, c, 2) - 0.6 * ago(n, 2)
        and body(o, c, 0) > body(o, c, 1) - 0.6 * ago(n, 1)
        and body(o, c, 0) > ago(b, 0)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_3whitesoldiers() -> Node:
    """Three white soldiers: three rising candles of like size that open inside and close above the one before, at
    their highs.

    100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDL3WHITESOLDIERS`.
    """
    return pattern(_3whitesoldiers, 12)


@step
def _advanceblock(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        up(o, c, 2)
        and up(o, c, 1)
        and up(o, c, 0)
        and ago(c, 0) > ago(c, 1)
        and ago(c, 1) > ago(c, 2)
        and ago(o, 1) > ago(o, 2)
        and ago(o, 1) <= ago(c, 2) + 0.2 * ago(n, 2)
        and ago(o, 0) > ago(o, 1)
        and ago(o, 0) <= ago(c, 1) + 0.2 * ago(n, 1)
        and body(o, c, 2) > ago(b, 2)
        and upper(h, o, c, 2) < ago(t, 2)
        and (
            (body(o, c, 1) < body(o, c, 2) - 0.6 * ago(n, 2) and body(o, c, 0) < body(o, c, 1) + 0.2 * ago(n, 1))
            or body(o, c, 0) < body(o, c, 1) - 0.6 * ago(n, 1)
            or (
                body(o, c, 0) < body(o, c, 1)
                and body(o, c, 1) < body(o, c, 2)
                and (upper(h, o, c, 0) > ago(t, 0) or upper(h, o, c, 1) > ago(t, 1))
            )
            or (body(o, c, 0) < body(o, c, 1) and upper(h, o, c, 0) > body(o, c, 0))
        )
    )
    return -100.0 if found else 0.0


@indicator
def cdl_advanceblock() -> Node:
    """Advance block: three rising candles, each opening inside the one before, that lose their force.

    −100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLADVANCEBLOCK`.
    """
    return pattern(_advanceblock, 12)


@step
def _unique3river(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 2) > ago(b, 2)
        and not up(o, c, 2)
        and not up(o, c, 1)
        and ago(c, 1) > ago(c, 2)
        and ago(o, 1) <= ago(o, 2)
        and ago(l, 1) < ago(l, 2)
        and body(o, c, 0) < ago(b, 0)
        and up(o, c, 0)
        and ago(o, 0) > ago(l, 1)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_unique3river() -> Node:
    """Unique three river: a long falling candle, a falling one inside it with a lower low, and a short rising one
    above that low.

    100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLUNIQUE3RIVER`.
    """
    return pattern(_unique3river, 12)


@step
def _upsidegap2crows(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        up(o, c, 2)
        and body(o, c, 2) > ago(b, 2)
        and not up(o, c, 1)
        and body(o, c, 1) <= ago(b, 1)
        and gap_up(o, c, 1, 2)
        and not up(o, c, 0)
        and ago(o, 0) > ago(o, 1)
        and ago(c, 0) < ago(c, 1)
        and ago(c, 0) > ago(c, 2)
    )
    return -100.0 if found else 0.0


@indicator
def cdl_upsidegap2crows() -> Node:
    """Upside gap two crows: a long rising candle, and two falling ones above it, the second engulfing the first.

    −100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLUPSIDEGAP2CROWS`.
    """
    return pattern(_upsidegap2crows, 12)
