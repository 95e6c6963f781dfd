"""Spread: what lies between the best bid and the best ask.

ask − bid. While a side is empty (its price is 0) the last spread stays; 0 until both sides were there once.
Source: Harris, Trading and Exchanges (2003), ch. 14.

>>> from core.plain import over
>>> over(spread(), bid=[10.0, 10.0, 10.0], ask=[10.5, 0.0, 10.25])
[0.5, 0.5, 0.25]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _spread(s: State, _p: Constants, bid: float, ask: float) -> float:
    if bid > 0.0 and ask > 0.0:
        s.last = ask - bid
    return s.last


@indicator
def spread() -> Node:
    return Node(step=_spread, inputs=("bid", "ask"), state={"last": 0.0})
