"""Book imbalance: how much more is bid for than offered at the best prices, −1 to 1.

(bid size − ask size) / (bid size + ask size). While a side is empty (its price or its size is 0) the last value stays;
0 until both sides were there once. Source: Cartea, Jaimungal, Penalva, Algorithmic and High-Frequency Trading (2015).

>>> from core.plain import over
>>> over(imbalance(), bid=[10.0, 10.0], bid_size=[3.0, 5.0], ask=[11.0, 0.0], ask_size=[1.0, 0.0])
[0.5, 0.5]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _imbalance(s: State, _p: Constants, bid: float, bid_size: float, ask: float, ask_size: float) -> float:
    if min(bid, ask) > 0.0 and min(bid_size, ask_size) > 0.0:
        s.last = (bid_size - ask_size) / (bid_size + ask_size)
    return s.last


@indicator
def imbalance() -> Node:
    return Node(step=_imbalance, inputs=("bid", "bid_size", "ask", "ask_size"), state={"last": 0.0})
