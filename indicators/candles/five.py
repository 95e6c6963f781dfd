"""Patterns of five candles.

>>> from core.plain import over
>>> plain = [(10, 10.6, 9.9, 10.5)] * 11  # open, high, low, close
>>> candles = [(10, 12.1, 9.9, 12), (11.7, 11.8, 11.4, 11.5), (11.4, 11.5, 11.1, 11.2)]
>>> last = [(11.1, 11.2, 10.8, 10.9), (11, 12.6, 10.9, 12.5)]
>>> over(cdl_risefall3methods(), **dict(zip(("open", "high", "low", "close"), zip(*(plain + candles + last)))))[-1]
100.0
"""

from core.making import Share, indicator
from core.node import Constants, Node, State, ago, step
from indicators.candles.shape import body, bottom, gap_down, gap_up, pattern, signed, top, up, upper


@step
def _breakaway(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 4) > ago(b, 4)
        and up(o, c, 4) == up(o, c, 3) == up(o, c, 1) != up(o, c, 0)
        and (
            (
                gap_up(o, c, 3, 4)
                and ago(h, 2) > ago(h, 3)
                and ago(l, 2) > ago(l, 3)
                and ago(h, 1) > ago(h, 2)
                and ago(l, 1) > ago(l, 2)
                and ago(c, 0) < ago(o, 3)
                and ago(c, 0) > ago(c, 4)
            )
            if up(o, c, 4)
            else (
                gap_down(o, c, 3, 4)
                and ago(h, 2) < ago(h, 3)
                and ago(l, 2) < ago(l, 3)
                and ago(h, 1) < ago(h, 2)
                and ago(l, 1) < ago(l, 2)
                and ago(c, 0) > ago(o, 3)
                and ago(c, 0) < ago(c, 4)
            )
        )
    )
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_breakaway() -> Node:
    """Breakaway: a long candle, a gap in its direction, two more that go on, and one that comes back into the gap.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Morris, Candlestick Charting Explained, 3rd ed. (2006); TA-Lib 0.8 `CDLBREAKAWAY`.
    """
    return pattern(_breakaway, 14)


@step
def _ladderbottom(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        not up(o, c, 4)
        and not up(o, c, 3)
        and not up(o, c, 2)
        and ago(o, 4) > ago(o, 3)
        and ago(o, 3) > ago(o, 2)
        and ago(c, 4) > ago(c, 3)
        and ago(c, 3) > ago(c, 2)
        and not up(o, c, 1)
        and upper(h, o, c, 1) > 0.1 * ago(r, 1)
        and up(o, c, 0)
        and ago(o, 0) > ago(o, 1)
        and ago(c, 0) > ago(h, 1)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_ladderbottom() -> Node:
    """Ladder bottom: three falling candles, one with an upper shadow, and a rising one that opens above its body.

    100 where it is seen, else 0.
    Source: Morris, Candlestick Charting Explained, 3rd ed. (2006); TA-Lib 0.8 `CDLLADDERBOTTOM`.
    """
    return pattern(_ladderbottom, 14)


@step
def _mathold(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 4) > ago(b, 4)
        and body(o, c, 3) < ago(b, 3)
        and body(o, c, 2) < ago(b, 2)
        and body(o, c, 1) < ago(b, 1)
        and up(o, c, 4)
        and not up(o, c, 3)
        and up(o, c, 0)
        and gap_up(o, c, 3, 4)
        and bottom(o, c, 2) < ago(c, 4)
        and bottom(o, c, 1) < ago(c, 4)
        and bottom(o, c, 2) > ago(c, 4) - body(o, c, 4) * p.penetration
        and bottom(o, c, 1) > ago(c, 4) - body(o, c, 4) * p.penetration
        and top(o, c, 2) < ago(o, 3)
        and top(o, c, 1) < top(o, c, 2)
        and ago(o, 0) > ago(c, 1)
        and ago(c, 0) > max(ago(h, 3), ago(h, 2), ago(h, 1))
    )
    return 100.0 if found else 0.0


@indicator
def cdl_mathold(penetration: Share = 0.5) -> Node:
    """Mat hold: a long rising candle, three short ones that drift back above its lower half, and one that closes
    above them.

    100 where it is seen, else 0. `penetration` is how deep, as a share of the body.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLMATHOLD`.
    """
    return pattern(_mathold, 14, penetration=penetration)


@step
def _risefall3methods(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 4) > ago(b, 4)
        and body(o, c, 3) < ago(b, 3)
        and body(o, c, 2) < ago(b, 2)
        and body(o, c, 1) < ago(b, 1)
        and body(o, c, 0) > ago(b, 0)
        and up(o, c, 4) != up(o, c, 3)
        and up(o, c, 3) == up(o, c, 2)
        and up(o, c, 2) == up(o, c, 1)
        and up(o, c, 1) != up(o, c, 0)
        and bottom(o, c, 3) < ago(h, 4)
        and top(o, c, 3) > ago(l, 4)
        and bottom(o, c, 2) < ago(h, 4)
        and top(o, c, 2) > ago(l, 4)
        and bottom(o, c, 1) < ago(h, 4)
        and top(o, c, 1) > ago(l, 4)
        and (
            (ago(c, 2) < ago(c, 3) and ago(c, 1) < ago(c, 2) and ago(o, 0) > ago(c, 1) and ago(c, 0) > ago(c, 4))
            if up(o, c, 4)
            else (ago(c, 2) > ago(c, 3) and ago(c, 1) > ago(c, 2) and ago(o, 0) < ago(c, 1) and ago(c, 0) < ago(c, 4))
        )
    )
    return signed(up(o, c, 4), 100.0) if found else 0.0


@indicator
def cdl_risefall3methods() -> Node:
    """Rising and falling three methods: a long candle, three short ones of the other colour inside its range, and
    one that goes on.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLRISEFALL3METHODS`.
    """
    return pattern(_risefall3methods, 14)
