"""Stars of three candles: a long one, a small one apart, and one that comes back.

>>> from core.plain import over
>>> plain = [(10, 10.6, 9.9, 10.5)] * 11  # open, high, low, close
>>> candles = [(12, 12.1, 9.9, 10), (9.5, 9.6, 9.3, 9.4), (9.8, 11.8, 9.7, 11.7)]
>>> over(cdl_morningstar(), **dict(zip(("open", "high", "low", "close"), zip(*(plain + candles)))))[-1]
100.0
"""

from core.making import Share, indicator
from core.node import Constants, Node, State, ago, step
from indicators.candles.shape import body, gap_down, gap_up, pattern, signed, up


@step
def _abandonedbaby(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 2) > ago(b, 2)
        and body(o, c, 1) <= 0.1 * ago(r, 1)
        and body(o, c, 0) > ago(b, 0)
        and up(o, c, 2) != up(o, c, 0)
        and (
            (ago(c, 0) < ago(c, 2) - body(o, c, 2) * p.penetration and ago(l, 1) > ago(h, 2) and ago(h, 0) < ago(l, 1))
            if up(o, c, 2)
            else (
                ago(c, 0) > ago(c, 2) + body(o, c, 2) * p.penetration
                and ago(h, 1) < ago(l, 2)
                and ago(l, 0) > ago(h, 1)
            )
        )
    )
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_abandonedbaby(penetration: Share = 0.3) -> Node:
    """Abandoned baby: a long candle, a doji with gaps on both sides, and one that comes back well into the first.

    100 (rising) or −100 (falling) where it is seen, else 0. `penetration` is how deep, as a share of the body.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLABANDONEDBABY`.
    """
    return pattern(_abandonedbaby, 12, penetration=penetration)


@step
def _eveningdojistar(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 2) > ago(b, 2)
        and up(o, c, 2)
        and body(o, c, 1) <= 0.1 * ago(r, 1)
        and gap_up(o, c, 1, 2)
        and body(o, c, 0) > ago(b, 0)
        and not up(o, c, 0)
        and ago(c, 0) < ago(c, 2) - body(o, c, 2) * p.penetration
    )
    return -100.0 if found else 0.0


@indicator
def cdl_eveningdojistar(penetration: Share = 0.3) -> Node:
    """Evening doji star: a long rising candle, a doji that gaps above it, and a falling one well into the first.

    −100 where it is seen, else 0. `penetration` is how deep, as a share of the body.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLEVENINGDOJISTAR`.
    """
    return pattern(_eveningdojistar, 12, penetration=penetration)


@step
def _eveningstar(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 2) > ago(b, 2)
        and up(o, c, 2)
        and body(o, c, 1) <= ago(b, 1)
        and gap_up(o, c, 1, 2)
        and body(o, c, 0) > ago(b, 0)
        and not up(o, c, 0)
        and ago(c, 0) < ago(c, 2) - body(o, c, 2) * p.penetration
    )
    return -100.0 if found else 0.0


@indicator
def cdl_eveningstar(penetration: Share = 0.3) -> Node:
    """Evening star: a long rising candle, a short body that gaps above it, and a falling one well into the first.

    −100 where it is seen, else 0. `penetration` is how deep, as a share of the body.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLEVENINGSTAR`.
    """
    return pattern(_eveningstar, 12, penetration=penetration)


@step
def _morningdojistar(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 2) > ago(b, 2)
        and not up(o, c, 2)
        and body(o, c, 1) <= 0.1 * ago(r, 1)
        and gap_down(o, c, 1, 2)
        and body(o, c, 0) > ago(b, 0)
        and up(o, c, 0)
        and ago(c, 0) > ago(c, 2) + body(o, c, 2) * p.penetration
    )
    return 100.0 if found else 0.0


@indicator
def cdl_morningdojistar(penetration: Share = 0.3) -> Node:
    """Morning doji star: a long falling candle, a doji that gaps below it, and a rising one well into the first.

    100 where it is seen, else 0. `penetration` is how deep, as a share of the body.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLMORNINGDOJISTAR`.
    """
    return pattern(_morningdojistar, 12, penetration=penetration)


@step
def _morningstar(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        body(o, c, 2) > ago(b, 2)
        and not up(o, c, 2)
        and body(o, c, 1) <= ago(b, 1)
        and gap_down(o, c, 1, 2)
        and body(o, c, 0) > ago(b, 0)
        and up(o, c, 0)
        and ago(c, 0) > ago(c, 2) + body(o, c, 2) * p.penetration
    )
    return 100.0 if found else 0.0


@indicator
def cdl_morningstar(penetration: Share = 0.3) -> Node:
    """Morning star: a long falling candle, a short body that gaps below it, and a rising one well into the first.

    100 where it is seen, else 0. `penetration` is how deep, as a share of the body.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLMORNINGSTAR`.
    """
    return pattern(_morningstar, 12, penetration=penetration)
