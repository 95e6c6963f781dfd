"""Money flow volume: a bar's volume, weighted by where the close stands in its range, −1 at the low to 1 at the high.

((close − low) − (high − close)) / (high − low) · volume; 0 for a bar without a range.
Source: Chaikin's multiplier, in Achelis, Technical Analysis from A to Z, 2nd ed.

>>> from core.plain import over
>>> over(money(), high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0], volume=[10.0, 20.0, 30.0])
[0.0, 6.666666666666666, 0.0]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _money(_s: State, _p: Constants, high: float, low: float, close: float, volume: float) -> float:
    reach = high - low
    return ((close - low) - (high - close)) / reach * volume if reach > 0.0 else 0.0


@indicator
def money() -> Node:
    return Node(step=_money, inputs=("high", "low", "close", "volume"))
