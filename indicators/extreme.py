"""Extreme: the highest (or lowest) of the last `period` values, and how many rows ago it was.

A queue of values that may still become the extreme, best first: each value enters and leaves it once, so the cost is
O(1) a row on average, whatever the period. Of equal values the newest counts.
Source: Lemire, Streaming Maximum-Minimum Filter Using No More than Three Comparisons per Element (2006).

>>> from core.node import over
>>> over(extreme(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[(nan, nan), (nan, nan), (3.0, 1.0), (5.0, 0.0), (5.0, 1.0)]
"""

from typing import Literal

import numpy as np

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, nan, step


@step
def _extreme(s: State, p: Constants, value: float) -> tuple[float, float]:
    signed = value * p.sign
    mask = len(s.values) - 1
    while s.tail > s.head and s.values[(s.tail - 1) & mask] <= signed:
        s.tail -= 1
    s.values[s.tail & mask] = signed
    s.rows[s.tail & mask] = s.n
    s.tail += 1
    if s.rows[s.head & mask] <= s.n - p.period:
        s.head += 1
    s.n += 1
    if s.n < p.period:
        return nan, nan
    return s.values[s.head & mask] * p.sign, float(s.n - 1 - s.rows[s.head & mask])


@indicator
def extreme(period: Period = 30, sign: Literal["high", "low"] = "high", of: Series = "close") -> Node:
    size = 1 << period.bit_length()
    return Node(
        step=_extreme,
        inputs=(of,),
        state={"values": np.zeros(size), "rows": np.zeros(size, dtype=np.int64), "head": 0, "tail": 0, "n": 0},
        constants={"period": period, "sign": 1.0 if sign == "high" else -1.0},
        outputs=("value", "age"),
        warmup=period - 1,
    )
