"""On-balance volume: volume added when the close rises and taken away when it falls, from the first bar's volume on.

Source: Granville, New Key to Stock Market Profits (1963); TA-Lib 0.8 `OBV`.

>>> from core.plain import over
>>> over(obv(), close=[2.0, 4.0, 3.0], volume=[10.0, 20.0, 30.0])
[10.0, 30.0, 0.0]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _obv(s: State, _p: Constants, close: float, volume: float) -> float:
    if s.known and close < s.close:
        s.total -= volume
    elif not s.known or close > s.close:
        s.total += volume
    s.close = close
    s.known = 1
    return s.total


@indicator
def obv() -> Node:
    return Node(step=_obv, inputs=("close", "volume"), state={"total": 0.0, "close": 0.0, "known": 0})
