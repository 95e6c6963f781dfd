"""Quantile: the value below which a given share of the last `period` values lie.

Linear interpolation between neighbours, as numpy's default (Hyndman and Fan's type 7). The window is kept sorted: a
value is found by halving and moved into place. Source: Hyndman, Fan, Sample Quantiles in Statistical Packages (1996).

>>> from core.plain import over
>>> over(quantile(4, 0.5), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, nan, 2.5, 3.5]
"""

import numpy as np

from core.making import LongPeriod, Series, Share, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _place(values: State, count: int, value: float) -> int:
    """How many of the first `count` sorted values are less than `value`."""
    low = 0
    high = count
    while low < high:
        middle = (low + high) // 2
        if values[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@step
def _into(s: State, p: Constants, value: float, past: State) -> int:
    """Put a value into the sorted window, the oldest out of it; how many there are."""
    count = s.n
    if s.n == p.period:
        at = _place(s.sorted, count, ago(past, p.period))
        count -= 1
        for i in range(at, count):
            s.sorted[i] = s.sorted[i + 1]
    at = _place(s.sorted, count, value)
    for i in range(count, at, -1):
        s.sorted[i] = s.sorted[i - 1]
    s.sorted[at] = value
    s.n = count + 1
    return s.n


@step
def _quantile(s: State, p: Constants, value: float, past: State) -> float:
    if _into(s, p, value, past) < p.period:
        return nan
    low = s.sorted[p.below]
    return low + p.share * (s.sorted[p.above] - low)


@indicator
def quantile(period: LongPeriod = 20, share: Share = 0.5, of: Series = "close") -> Node:
    place = share * (period - 1)
    below = int(place)
    return Node(
        step=_quantile,
        inputs=(of, Past(of, period + 1)),
        state={"sorted": np.zeros(period), "n": 0},
        constants={"period": period, "below": below, "above": min(below + 1, period - 1), "share": place - below},
        warmup=period - 1,
        cost="O(log period) to find, O(period) to move",
    )
