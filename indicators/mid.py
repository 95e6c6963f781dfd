"""Mid price: halfway between the best bid and the best ask.

(bid + ask) / 2. While a side is empty (its price is 0) the last mid stays; until both sides were there once it is the
price of the side that is there, or 0. Source: Harris, Trading and Exchanges (2003), ch. 14.

>>> from core.plain import over
>>> over(mid(), bid=[0.0, 10.0, 10.0, 0.0], ask=[10.5, 10.5, 11.0, 12.0])
[10.5, 10.25, 10.5, 10.5]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _mid(s: State, _p: Constants, bid: float, ask: float) -> float:
    if bid > 0.0 and ask > 0.0:
        s.last = bid + 0.5 * (ask - bid)
    return s.last if s.last > 0.0 else max(bid, ask)


@indicator
def mid() -> Node:
    return Node(step=_mid, inputs=("bid", "ask"), state={"last": 0.0})
