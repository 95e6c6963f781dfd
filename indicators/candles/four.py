"""Patterns of four candles.

>>> from core.plain import over
>>> plain = [(10, 10.6, 9.9, 10.5)] * 11  # open, high, low, close
>>> candles = [(10, 11.1, 9.9, 11), (10.5, 11.6, 10.4, 11.5), (11, 12.1, 10.9, 12), (12.2, 12.3, 9.7, 9.8)]
>>> over(cdl_3linestrike(), **dict(zip(("open", "high", "low", "close"), zip(*(plain + candles)))))[-1]
100.0
"""

from core.making import indicator
from core.node import Constants, Node, State, ago, step
from indicators.candles.shape import bottom, gap_down, lower, pattern, signed, top, up, upper


@step
def _3blackcrows(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        up(o, c, 3)
        and not up(o, c, 2)
        and not up(o, c, 1)
        and not up(o, c, 0)
        and lower(l, o, c, 2) < 0.1 * ago(r, 2)
        and lower(l, o, c, 1) < 0.1 * ago(r, 1)
        and lower(l, o, c, 0) < 0.1 * ago(r, 0)
        and ago(o, 1) < ago(o, 2)
        and ago(o, 1) > ago(c, 2)
        and ago(o, 0) < ago(o, 1)
        and ago(o, 0) > ago(c, 1)
        and ago(h, 3) > ago(c, 2)
        and ago(c, 2) > ago(c, 1)
        and ago(c, 1) > ago(c, 0)
    )
    return -100.0 if found else 0.0


@indicator
def cdl_3blackcrows() -> Node:
    """Three black crows: after a rising candle three falling ones that open inside and close below the one before,
    at their lows.

    −100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDL3BLACKCROWS`.
    """
    return pattern(_3blackcrows, 13)


@step
def _3linestrike(_s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, n: State) -> float:
    found = (
        up(o, c, 3) == up(o, c, 2)
        and up(o, c, 2) == up(o, c, 1)
        and up(o, c, 1) != up(o, c, 0)
        and ago(o, 2) >= bottom(o, c, 3) - 0.2 * ago(n, 3)
        and ago(o, 2) <= top(o, c, 3) + 0.2 * ago(n, 3)
        and ago(o, 1) >= bottom(o, c, 2) - 0.2 * ago(n, 2)
        and ago(o, 1) <= top(o, c, 2) + 0.2 * ago(n, 2)
        and (
            (ago(c, 1) > ago(c, 2) and ago(c, 2) > ago(c, 3) and ago(o, 0) > ago(c, 1) and ago(c, 0) < ago(o, 3))
            if up(o, c, 1)
            else (ago(c, 1) < ago(c, 2) and ago(c, 2) < ago(c, 3) and ago(o, 0) < ago(c, 1) and ago(c, 0) > ago(o, 3))
        )
    )
    return signed(up(o, c, 1), 100.0) if found else 0.0


@indicator
def cdl_3linestrike() -> Node:
    """Three-line strike: three candles of one colour in a row, and one of the other that undoes them all.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Bulkowski, Encyclopedia of Candlestick Charts (2008); TA-Lib 0.8 `CDL3LINESTRIKE`.
    """
    return pattern(_3linestrike, 8)


@step
def _concealbabyswall(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        not up(o, c, 3)
        and not up(o, c, 2)
        and not up(o, c, 1)
        and not up(o, c, 0)
        and lower(l, o, c, 3) < 0.1 * ago(r, 3)
        and upper(h, o, c, 3) < 0.1 * ago(r, 3)
        and lower(l, o, c, 2) < 0.1 * ago(r, 2)
        and upper(h, o, c, 2) < 0.1 * ago(r, 2)
        and gap_down(o, c, 1, 2)
        and upper(h, o, c, 1) > 0.1 * ago(r, 1)
        and ago(h, 1) > ago(c, 2)
        and ago(h, 0) > ago(h, 1)
        and ago(l, 0) < ago(l, 1)
    )
    return 100.0 if found else 0.0


@indicator
def cdl_concealbabyswall() -> Node:
    """Concealing baby swallow: two falling marubozus, a falling one with a gap and an upper shadow into them, and
    one that engulfs it.

    100 where it is seen, else 0.
    Source: Morris, Candlestick Charting Explained, 3rd ed. (2006); TA-Lib 0.8 `CDLCONCEALBABYSWALL`.
    """
    return pattern(_concealbabyswall, 13)
