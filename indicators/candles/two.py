"""Patterns of two candles.

>>> from core.plain import over
>>> plain = [(10, 10.6, 9.9, 10.5)] * 11  # open, high, low, close
>>> candles = [(10, 12.1, 9.9, 12), (12.5, 12.6, 10.4, 10.5)]
>>> over(cdl_darkcloudcover(), **dict(zip(("open", "high", "low", "close"), zip(*(plain + candles)))))[-1]
-100.0
"""

from core.making import Share, indicator
from core.node import Constants, Node, State, ago, step
from indicators.candles.shape import body, pattern, signed, up


@step
def _counterattack(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        up(o, c, 1) != up(o, c, 0)
        and body(o, c, 1) > ago(b, 1)
        and body(o, c, 0) > ago(b, 0)
        and ago(c, 0) <= ago(c, 1) + 0.05 * ago(n, 1)
        and ago(c, 0) >= ago(c, 1) - 0.05 * ago(n, 1)
    )
    return signed(up(o, c, 0), 100.0) if found else 0.0


@indicator
def cdl_counterattack() -> Node:
    """Counterattack: two long bodies of opposite colour that close at the same price.

    100 (rising) or −100 (falling) where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLCOUNTERATTACK`.
    """
    return pattern(_counterattack, 11)


@step
def _darkcloudcover(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        up(o, c, 1)
        and body(o, c, 1) > ago(b, 1)
        and not up(o, c, 0)
        and ago(o, 0) > ago(h, 1)
        and ago(c, 0) > ago(o, 1)
        and ago(c, 0) < ago(c, 1) - body(o, c, 1) * p.penetration
    )
    return -100.0 if found else 0.0


@indicator
def cdl_darkcloudcover(penetration: Share = 0.5) -> Node:
    """Dark-cloud cover: after a long rising candle one that opens above its high and closes well inside its body.

    −100 where it is seen, else 0. `penetration` is how deep, as a share of the body.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLDARKCLOUDCOVER`.
    """
    return pattern(_darkcloudcover, 11, penetration=penetration)


@step
def _inneck(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        not up(o, c, 1)
        and body(o, c, 1) > ago(b, 1)
        and up(o, c, 0)
        and ago(o, 0) < ago(l, 1)
        and ago(c, 0) <= ago(c, 1) + 0.05 * ago(n, 1)
        and ago(c, 0) >= ago(c, 1)
    )
    return -100.0 if found else 0.0


@indicator
def cdl_inneck() -> Node:
    """In-neck: after a long falling candle a rising one that opens below its low and closes just at its close.

    −100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLINNECK`.
    """
    return pattern(_inneck, 11)


@step
def _onneck(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        not up(o, c, 1)
        and body(o, c, 1) > ago(b, 1)
        and up(o, c, 0)
        and ago(o, 0) < ago(l, 1)
        and ago(c, 0) <= ago(l, 1) + 0.05 * ago(n, 1)
        and ago(c, 0) >= ago(l, 1) - 0.05 * ago(n, 1)
    )
    return -100.0 if found else 0.0


@indicator
def cdl_onneck() -> Node:
    """On-neck: after a long falling candle a rising one that opens below its low and closes at it.

    −100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLONNECK`.
    """
    return pattern(_onneck, 11)


@step
def _piercing(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        not up(o, c, 1)
        and body(o, c, 1) > ago(b, 1)
        and up(o, c, 0)
        and body(o, c, 0) > ago(b, 0)
        and ago(o, 0) < ago(l, 1)
        and ago(c, 0) < ago(o, 1)
        and ago(c, 0) > ago(c, 1) + body(o, c, 1) * 0.5
    )
    return 100.0 if found else 0.0


@indicator
def cdl_piercing() -> Node:
    """Piercing line: after a long falling candle a long rising one that opens below its low and closes in its upper
    half.

    100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLPIERCING`.
    """
    return pattern(_piercing, 11)


@step
def _thrusting(
    _s: State, p: Constants, _now: float, o: State, h: State, l: State, c: State, b: State, r: State, t: State, n: State
) -> float:
    found = (
        not up(o, c, 1)
        and body(o, c, 1) > ago(b, 1)
        and up(o, c, 0)
        and ago(o, 0) < ago(l, 1)
        and ago(c, 0) > ago(c, 1) + 0.05 * ago(n, 1)
        and ago(c, 0) <= ago(c, 1) + body(o, c, 1) * 0.5
    )
    return -100.0 if found else 0.0


@indicator
def cdl_thrusting() -> Node:
    """Thrusting: after a long falling candle a rising one that opens below its low and closes in its lower half.

    −100 where it is seen, else 0.
    Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 `CDLTHRUSTING`.
    """
    return pattern(_thrusting, 11)
