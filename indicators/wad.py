"""Williams' accumulation and distribution: rises above the true low and falls below the true high, added up.

Source: Williams, The Secrets of Selecting Stocks (1986); TA-Lib 0.8 `WAD`.

>>> from core.plain import over
>>> over(wad(), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[0.0, 2.0, 3.0, 1.5]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _wad(s: State, _p: Constants, high: float, low: float, close: float) -> float:
    if s.known and close > s.close:
        s.total += close - min(low, s.close)
    elif s.known and close < s.close:
        s.total += close - max(high, s.close)
    s.close = close
    s.known = 1
    return s.total


@indicator
def wad() -> Node:
    return Node(step=_wad, inputs=("high", "low", "close"), state={"close": 0.0, "total": 0.0, "known": 0})
