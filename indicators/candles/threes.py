"""Patterns of three candles: gaps, rows and sandwiches.

>>> from core.catalogue import sample
>>> from core.plain import over
>>> [(row, seen) for row, seen in enumerate(over(cdl_identical3crows(), **sample("bars"))) if abs(seen) > 0]
[(134, -100.0)]
"""

from core.making import indicator
from core.node import Constants, Node, State, ago, step
from indicators.candles.shape import body, bottom, gap_down, gap_up, lower, pattern, signed, top, up, upper


@step
def _3outside(_s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State) -> float:
    found = up(o, c, 1) != up(o, c, 2) and (
        (ago(c, 1) > ago(o, 2) and ago(o, 1) < ago(c, 2) and ago(c, 0) > ago(c, 1))
        if up(o, c, 1)
        else (ago(o, 1) > ago(c, 2) and ago(c, 1) < ago(o, 2) and ago(c, 0) < ago(c, 1))
    )
    return signed(up(o, c, 1), 100.0) if found else 0.0


@indicator
def cdl_3outside() -> Node:
    """Three outside: a body that engulfs the one before, and a close that goes on.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Morris, Candlestick Charting Explained, 3rd ed. (2006); TA-Lib 0.8 `CDL3OUTSIDE`.
    """
    return pattern(_3outside, 3)


@step
def _gapsidesidewhite(_s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, n: State) -> float:
    found = (
        ((gap_up(o, c, 1, 2) and gap_up(o, c, 0, 2)) or (gap_down(o, c, 1, 2) and gap_down(o, c, 0, 2)))
        and up(o, c, 1)
        and up(o, c, 0)
        and body(o, c, 0) >= body(o, c, 1) - 0.2 * ago(n, 1)
        and body(o, c, 0) <= body(o, c, 1) + 0.2 * ago(n, 1)
        and ago(o, 0) >= ago(o, 1) - 0.05 * ago(n, 1)
        and ago(o, 0) <= ago(o, 1) + 0.05 * ago(n, 1)
    )
    return signed(gap_up(o, c, 1, 2), 100.0) if found else 0.0


@indicator
def cdl_gapsidesidewhite() -> Node:
    """Side-by-side white lines: two rising candles of like size and open, both gapping away from the one before.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLGAPSIDESIDEWHITE`.
    """
    return pattern(_gapsidesidewhite, 7)


@step
def _identical3crows(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        not up(o, c, 2)
        and not up(o, c, 1)
        and not up(o, c, 0)
        and lower(l, o, c, 2) < 0.1 * ago(r, 2)
        and lower(l, o, c, 1) < 0.1 * ago(r, 1)
        and lower(l, o, c, 0) < 0.1 * ago(r, 0)
        and ago(c, 2) > ago(c, 1)
        and ago(c, 1) > ago(c, 0)
        and ago(o, 1) <= ago(c, 2) + 0.05 * ago(n, 2)
        and ago(o, 1) >= ago(c, 2) - 0.05 * ago(n, 2)
        and ago(o, 0) <= ago(c, 1) + 0.05 * ago(n, 1)
        and ago(o, 0) >= ago(c, 1) - 0.05 * ago(n, 1)
    )
    return -100.0 if found else 0.0


@indicator
def cdl_identical3crows() -> Node:
    """Identical three crows: three falling candles that close at their lows, each opening at the close before.

    −100 where it is seen, else 0.
    Source: Morris, Candlestick Charting Explained, 3rd ed. (2006); TA-Lib 0.8 `CDLIDENTICAL3CROWS`.
    """
    return pattern(_identical3crows, 12)


@step
def _stalledpattern(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        up(o, c, 2)
        and up(o, c, 1)
        and up(o, c, 0)
        and ago(c, 0) > ago(c, 1)
        and ago(c, 1) > ago(c, 2)
        and body(o, c, 2) > ago(b, 2)
        and body(o, c, 1) > ago(b, 1)
        and upper(h, o, c, 1) < 0.1 * ago(r, 1)
        and ago(o, 1) > ago(o, 2)
        and ago(o, 1) <= ago(c, 2) + 0.2 * ago(n, 2)
        and body(o, c, 0) < ago(b, 0)
        and ago(o, 0) >= ago(c, 1) - body(o, c, 0) - 0.2 * ago(n, 1)
    )
    return -100.0 if found else 0.0


@indicator
def cdl_stalledpattern() -> Node:
    """Stalled pattern: three rising candles, the last a short one that rides on the shoulder of the long one
    before.

    −100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLSTALLEDPATTERN`.
    """
    return pattern(_stalledpattern, 12)


@step
def _sticksandwich(_s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, n: State) -> float:
    found = (
        not up(o, c, 2)
        and up(o, c, 1)
        and not up(o, c, 0)
        and ago(l, 1) > ago(c, 2)
        and ago(c, 0) <= ago(c, 2) + 0.05 * ago(n, 2)
        and ago(c, 0) >= ago(c, 2) - 0.05 * ago(n, 2)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_sticksandwich() -> Node:
    """Stick sandwich: a rising candle above the close of a falling one, and a falling one that closes there again.

    100 where it is seen, else 0.
    Source: Morris, Candlestick Charting Explained, 3rd ed. (2006); TA-Lib 0.8 `CDLSTICKSANDWICH`.
    """
    return pattern(_sticksandwich, 7)


@step
def _tasukigap(_s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, n: State) -> float:
    found = (
        up(o, c, 1) != up(o, c, 0)
        and (
            (
                gap_up(o, c, 1, 2)
                and ago(o, 0) < ago(c, 1)
                and ago(o, 0) > ago(o, 1)
                and ago(c, 0) < ago(o, 1)
                and ago(c, 0) > top(o, c, 2)
            )
            if up(o, c, 1)
            else (
                gap_down(o, c, 1, 2)
                and ago(o, 0) < ago(o, 1)
                and ago(o, 0) > ago(c, 1)
                and ago(c, 0) > ago(o, 1)
                and ago(c, 0) < bottom(o, c, 2)
            )
        )
        and abs(body(o, c, 1) - body(o, c, 0)) < 0.2 * ago(n, 1)
    )
    return signed(up(o, c, 1), 100.0) if found else 0.0


@indicator
def cdl_tasukigap() -> Node:
    """Tasuki gap: a gap in the direction of the candle after it, and a like candle against it that does not close
    the gap.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLTASUKIGAP`.
    """
    return pattern(_tasukigap, 7)


@step
def _tristar(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 2) <= 0.1 * ago(r, 2)
        and body(o, c, 1) <= 0.1 * ago(r, 2)
        and body(o, c, 0) <= 0.1 * ago(r, 2)
        and (
            (gap_up(o, c, 1, 2) and top(o, c, 0) < top(o, c, 1))
            or (gap_down(o, c, 1, 2) and bottom(o, c, 0) > bottom(o, c, 1))
        )
    )
    return signed(gap_down(o, c, 1, 2), 100.0) if found else 0.0


@indicator
def cdl_tristar() -> Node:
    """Tristar: three dojis, the middle one with a gap, and a last one that comes back.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLTRISTAR`.
    """
    return pattern(_tristar, 12)


@step
def _xsidegap3methods(_s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State) -> float:
    found = (
        up(o, c, 2) == up(o, c, 1)
        and up(o, c, 1) != up(o, c, 0)
        and ago(o, 0) < top(o, c, 1)
        and ago(o, 0) > bottom(o, c, 1)
        and ago(c, 0) < top(o, c, 2)
        and ago(c, 0) > bottom(o, c, 2)
        and (gap_up(o, c, 1, 2) if up(o, c, 2) else gap_down(o, c, 1, 2))
    )
    return signed(up(o, c, 2), 100.0) if found else 0.0


@indicator
def cdl_xsidegap3methods() -> Node:
    """Gap three methods: two candles of one colour with a gap between them, and one of the other that closes it.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLXSIDEGAP3METHODS`.
    """
    return pattern(_xsidegap3methods, 2)
