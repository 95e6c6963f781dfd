"""Signed size: a trade's size, above 0 when the buyer wanted it and below 0 when the seller did.

By the trade's side; where the venue does not say it (side 0), by the tick rule: above the last other price it was
bought, below it sold; 0 while all prices have been the same.
Source: Lee, Ready, Inferring Trade Direction from Intraday Data, Journal of Finance 46 (1991).

>>> from core.plain import over
>>> over(signed_size(), price=[10.0, 10.5, 10.5, 10.5], size=[1.0, 2.0, 3.0, 4.0], side=[0, 0, 0, -1])
[0.0, 2.0, 3.0, -4.0]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _signed_size(s: State, _p: Constants, price: float, size: float, side: float) -> float:
    if s.price > 0.0 and price != s.price:
        s.tick = 1.0 if price > s.price else -1.0
    s.price = price
    if side > 0:
        return size
    return -size if side < 0 else s.tick * size


@indicator
def signed_size() -> Node:
    return Node(step=_signed_size, inputs=("price", "size", "side"), state={"price": 0.0, "tick": 0.0})
