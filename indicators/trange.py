"""True range: how far the price reached in a bar, the gap from the last close included.

max(high, last close) − min(low, last close). Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib
0.8 `TRANGE`.

>>> from core.plain import over
>>> over(trange(), high=[3.0, 5.0], low=[1.0, 4.0], close=[2.0, 4.5])
[nan, 3.0]
"""

from core.making import indicator
from core.node import Constants, Node, State, nan, step


@step
def _trange(s: State, _p: Constants, high: float, low: float, close: float) -> float:
    reach = max(high - low, abs(high - s.previous), abs(low - s.previous))
    s.previous = close
    if not s.known:
        s.known = 1
        return nan
    return reach


@indicator
def trange() -> Node:
    return Node(step=_trange, inputs=("high", "low", "close"), state={"previous": 0.0, "known": 0}, warmup=1)
