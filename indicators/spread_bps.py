"""Relative spread: the spread as a share of the mid price, in basis points.

10 000 · (ask − bid) / mid. While a side is empty (its price is 0) the last value stays; 0 until both sides were there
once. Source: Harris, Trading and Exchanges (2003), ch. 14.

>>> from core.plain import over
>>> over(spread_bps(), bid=[10.0, 10.0, 9.0], ask=[10.0, 0.0, 11.0])
[0.0, 0.0, 2000.0]
"""

from core.making import indicator
from core.node import Constants, Node, State, step
from indicators.mid import mid
from indicators.spread import spread


@step
def _spread_bps(_s: State, _p: Constants, between: float, middle: float) -> float:
    return 10_000.0 * between / middle if middle > 0.0 else 0.0


@indicator
def spread_bps() -> Node:
    return Node(step=_spread_bps, inputs=(spread(), mid()))
