"""Average price: the mean of open, high, low and close.

Source: TA-Lib 0.8 `AVGPRICE`.

>>> from core.plain import over
>>> over(avgprice(), open=[1.5, 2.0, 4.5], high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0])
[1.875, 3.25, 4.875]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _avgprice(_s: State, _p: Constants, open_: float, high: float, low: float, close: float) -> float:
    return (open_ + high + low + close) / 4.0


@indicator
def avgprice() -> Node:
    return Node(step=_avgprice, inputs=("open", "high", "low", "close"))
