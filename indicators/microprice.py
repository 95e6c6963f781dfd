"""Microprice: the mean of bid and ask, each weighing as much as is offered on the other side.

(bid · ask size + ask · bid size) / (bid size + ask size): the price leans towards the side with less on it. It is the
size-weighted mid; Stoikov, The Micro-Price (2018), goes on from it to an estimate. While a side is empty (its price or
its size is 0) the last value stays; until both sides were there once it is the larger of the two prices.
Source: Gatheral, Oomen, Zero-Intelligence Realized Variance Estimation, Finance and Stochastics 14 (2010).

>>> from core.plain import over
>>> over(microprice(), bid=[10.0, 10.0], bid_size=[3.0, 5.0], ask=[11.0, 11.0], ask_size=[1.0, 0.0])
[10.75, 10.75]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _microprice(s: State, _p: Constants, bid: float, bid_size: float, ask: float, ask_size: float) -> float:
    if min(bid, ask) > 0.0 and min(bid_size, ask_size) > 0.0:
        s.last = bid + (ask - bid) * (bid_size / (bid_size + ask_size))
    return s.last if s.last > 0.0 else max(bid, ask)


@indicator
def microprice() -> Node:
    return Node(step=_microprice, inputs=("bid", "bid_size", "ask", "ask_size"), state={"last": 0.0})
