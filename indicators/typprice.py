"""Typical price: the mean of high, low and close.

Source: TA-Lib 0.8 `TYPPRICE`.

>>> from core.plain import over
>>> over(typprice(), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[2.0, 3.6666666666666665, 5.0, 3.8333333333333335]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _typprice(_s: State, _p: Constants, high: float, low: float, close: float) -> float:
    return (high + low + close) / 3.0


@indicator
def typprice() -> Node:
    return Node(step=_typprice, inputs=("high", "low", "close"))
