"""Median price: halfway between high and low.

Source: TA-Lib 0.8 `MEDPRICE`.

>>> from core.plain import over
>>> over(medprice(), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[2.0, 3.5, 5.0, 4.0]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _medprice(_s: State, _p: Constants, high: float, low: float) -> float:
    return (high + low) / 2.0


@indicator
def medprice() -> Node:
    return Node(step=_medprice, inputs=("high", "low"))
