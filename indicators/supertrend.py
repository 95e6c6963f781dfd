"""SuperTrend: a band of average true ranges round the median price that only ever tightens, and its direction.

The stop is the lower band while the close stays above it, and the upper one while it stays below; `trend` is 1 or −1.
Source: Seban, Das ist die beste Strategie (2008); TA-Lib 0.8 `SUPERTREND`.

>>> from core.plain import over
>>> over(supertrend(1, 1.0), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan), (0.5, 1.0), (3.0, 1.0), (3.0, 1.0)]
"""

from core.making import Factor, Period, indicator
from core.node import Constants, Node, State, step
from indicators.atr import atr


@step
def _supertrend(s: State, p: Constants, high: float, low: float, close: float, reach: float) -> tuple[float, float]:
    middle = (high + low) / 2.0
    upper = middle + p.width * reach
    lower = middle - p.width * reach
    if s.known:
        upper = upper if upper < s.upper or s.close > s.upper else s.upper
        lower = lower if lower > s.lower or s.close < s.lower else s.lower
        if s.trend > 0.0:
            s.trend = -1.0 if close < lower else 1.0
        else:
            s.trend = 1.0 if close > upper else -1.0
    s.known = 1
    s.upper, s.lower, s.close = upper, lower, close
    return (lower if s.trend > 0.0 else upper), s.trend


@indicator
def supertrend(period: Period = 10, width: Factor = 3.0) -> Node:
    return Node(
        step=_supertrend,
        inputs=("high", "low", "close", atr(period)),
        state={"upper": 0.0, "lower": 0.0, "close": 0.0, "trend": 1.0, "known": 0},
        constants={"width": width},
        outputs=("stop", "trend"),
    )
