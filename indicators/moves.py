"""Moves: how far the value rose, and how far it fell, since the last row; one of them is 0.

Source: the two halves of Wilder, New Concepts in Technical Trading Systems (1978), RSI.

>>> from core.plain import over
>>> over(moves(), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[(nan, nan), (2.0, 0.0), (0.0, 1.0), (3.0, 0.0), (0.0, 1.0)]
"""

from core.making import Series, indicator
from core.node import Constants, Node, State, nan, step


@step
def _moves(s: State, _p: Constants, value: float) -> tuple[float, float]:
    change = value - s.previous
    s.previous = value
    if not s.known:
        s.known = 1
        return nan, nan
    return max(change, 0.0), max(-change, 0.0)


@indicator
def moves(of: Series = "close") -> Node:
    return Node(step=_moves, inputs=(of,), state={"previous": 0.0, "known": 0}, outputs=("rise", "fall"), warmup=1)
