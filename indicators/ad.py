"""Accumulation and distribution line: money flow volume, added up (Chaikin's).

Source: Achelis, Technical Analysis from A to Z, 2nd ed.; TA-Lib 0.8 `AD`.

>>> from core.plain import over
>>> over(ad(), high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0], volume=[10.0, 20.0, 30.0])
[0.0, 6.666666666666666, 6.666666666666666]
"""

from core.making import indicator
from core.node import Constants, Node, State, step
from indicators.money import money


@step
def _ad(s: State, _p: Constants, flow: float) -> float:
    s.total += flow
    return s.total


@indicator
def ad() -> Node:
    return Node(step=_ad, inputs=(money(),), state={"total": 0.0})
