"""Turnover: a price times the volume.

Source: the numerator of every volume-weighted average.

>>> from core.plain import over
>>> over(turnover(), close=[2.0, 4.0, 3.0], volume=[10.0, 20.0, 30.0])
[20.0, 80.0, 90.0]
"""

from core.making import Series, indicator
from core.node import Constants, Node, State, step


@step
def _turnover(_s: State, _p: Constants, price: float, volume: float) -> float:
    return price * volume


@indicator
def turnover(of: Series = "close") -> Node:
    return Node(step=_turnover, inputs=(of, "volume"))
