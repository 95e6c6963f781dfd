"""Weighted close price: the mean of high, low and twice the close.

Source: TA-Lib 0.8 `WCLPRICE`.

>>> from core.plain import over
>>> over(wclprice(), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[2.0, 3.75, 5.0, 3.75]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _wclprice(_s: State, _p: Constants, high: float, low: float, close: float) -> float:
    return (high + low + 2.0 * close) / 4.0


@indicator
def wclprice() -> Node:
    return Node(step=_wclprice, inputs=("high", "low", "close"))
