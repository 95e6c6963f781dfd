"""Buying pressure: how far a bar closed above its true low, and its true range.

true low = min(low, last close). Source: Williams, The Ultimate Oscillator, Stocks & Commodities 3 (1985).

>>> from core.plain import over
>>> over(buying(), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan), (2.0, 3.0), (1.0, 2.0), (0.5, 2.0)]
"""

from core.making import indicator
from core.node import Constants, Node, State, nan, step


@step
def _buying(s: State, _p: Constants, high: float, low: float, close: float) -> tuple[float, float]:
    last = s.close
    s.close = close
    if not s.known:
        s.known = 1
        return nan, nan
    return close - min(low, last), max(high - low, abs(high - last), abs(low - last))


@indicator
def buying() -> Node:
    return Node(
        step=_buying,
        inputs=("high", "low", "close"),
        state={"close": 0.0, "known": 0},
        outputs=("pressure", "reach"),
        warmup=1,
    )
