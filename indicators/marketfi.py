"""Market facilitation index: how far the price moved for each unit of volume.

(high − low) / volume; 0 without volume. Source: Williams, Trading Chaos (1995); TA-Lib 0.8 `MARKETFI`.

>>> from core.plain import over
>>> over(marketfi(), high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0], volume=[10.0, 20.0, 30.0])
[0.2, 0.15, 0.06666666666666667]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _marketfi(_s: State, _p: Constants, high: float, low: float, volume: float) -> float:
    return (high - low) / volume if volume > 0.0 else 0.0


@indicator
def marketfi() -> Node:
    return Node(step=_marketfi, inputs=("high", "low", "volume"))
