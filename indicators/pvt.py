"""Price and volume trend: volume times the close's relative change, added up.

Source: Achelis, Technical Analysis from A to Z, 2nd ed.; TA-Lib 0.8 `PVT`.

>>> from core.plain import over
>>> over(pvt(), close=[2.0, 4.0, 3.0], volume=[10.0, 20.0, 30.0])
[0.0, 20.0, 12.5]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _pvt(s: State, _p: Constants, close: float, volume: float) -> float:
    if s.close > 0.0:
        s.total += (close - s.close) / s.close * volume
    s.close = close
    return s.total


@indicator
def pvt() -> Node:
    return Node(step=_pvt, inputs=("close", "volume"), state={"total": 0.0, "close": 0.0})
