"""Patterns of one candle: its body and shadows beside those before.

>>> from core.catalogue import sample
>>> from core.plain import over
>>> [(row, seen) for row, seen in enumerate(over(cdl_marubozu(), **sample("bars"))) if abs(seen) > 0]
[(22, -100.0), (69, 100.0), (71, 100.0), (104, -100.0), (208, -100.0)]
"""

from core.making import indicator
from core.node import Constants, Node, State, ago, step
from indicators.candles.shape import body, lower, pattern, signed, up, upper


@step
def _belthold(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = body(o, c, 0) > ago(b, 0) and (lower(l, o, c, 0) if up(o, c, 0) else upper(h, o, c, 0)) < 0.1 * ago(r, 0)
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_belthold() -> Node:
    """Belt hold: a long body that opens at its low (rising) or at its high (falling).

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLBELTHOLD`.
    """
    return pattern(_belthold, 10)


@step
def _closingmarubozu(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = body(o, c, 0) > ago(b, 0) and (upper(h, o, c, 0) if up(o, c, 0) else lower(l, o, c, 0)) < 0.1 * ago(r, 0)
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_closingmarubozu() -> Node:
    """Closing marubozu: a long body that closes at its high (rising) or at its low (falling).

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLCLOSINGMARUBOZU`.
    """
    return pattern(_closingmarubozu, 10)


@step
def _highwave(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 0) < ago(b, 0)
        and upper(h, o, c, 0) > 2.0 * body(o, c, 0)
        and lower(l, o, c, 0) > 2.0 * body(o, c, 0)
    )
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_highwave() -> Node:
    """High-wave candle: a short body with two very long shadows.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLHIGHWAVE`.
    """
    return pattern(_highwave, 10)


@step
def _longline(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = body(o, c, 0) > ago(b, 0) and upper(h, o, c, 0) < ago(t, 0) and lower(l, o, c, 0) < ago(t, 0)
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_longline() -> Node:
    """Long line candle: a long body with short shadows.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Bulkowski, Encyclopedia of Candlestick Charts (2008); TA-Lib 0.8 `CDLLONGLINE`.
    """
    return pattern(_longline, 10)


@step
def _marubozu(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = body(o, c, 0) > ago(b, 0) and upper(h, o, c, 0) < 0.1 * ago(r, 0) and lower(l, o, c, 0) < 0.1 * ago(r, 0)
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_marubozu() -> Node:
    """Marubozu: a long body without shadows.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLMARUBOZU`.
    """
    return pattern(_marubozu, 10)


@step
def _shortline(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = body(o, c, 0) < ago(b, 0) and upper(h, o, c, 0) < ago(t, 0) and lower(l, o, c, 0) < ago(t, 0)
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_shortline() -> Node:
    """Short line candle: a short body with short shadows.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Bulkowski, Encyclopedia of Candlestick Charts (2008); TA-Lib 0.8 `CDLSHORTLINE`.
    """
    return pattern(_shortline, 10)


@step
def _spinningtop(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = body(o, c, 0) < ago(b, 0) and upper(h, o, c, 0) > body(o, c, 0) and lower(l, o, c, 0) > body(o, c, 0)
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_spinningtop() -> Node:
    """Spinning top: a short body with shadows longer than it.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLSPINNINGTOP`.
    """
    return pattern(_spinningtop, 10)
