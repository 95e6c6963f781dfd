"""Arnaud Legoux moving average: a window weighted by a bell curve that stands near its newest end.

weights exp(−(i − m)² / 2s²), m = offset · (period − 1), s = period / sigma, i from the oldest value on.
Source: Legoux, Kouzis-Loukas, Arnaud Legoux Moving Average (2009).

>>> from core.plain import over
>>> over(alma(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 2.91781744359907, 2.041091278200465, 4.876726165398605, 4.041091278200465]
"""

import numpy as np

from core.making import LongPeriod, Positive, Series, Share, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _alma(s: State, p: Constants, value: float, past: State) -> float:
    if s.n < p.period - 1:
        s.n += 1
        return nan
    total = 0.0
    for i in range(p.period):
        total += p.weights[i] * (ago(past, p.period - 1 - i) - value)
    return value + total


@indicator
def alma(period: LongPeriod = 9, offset: Share = 0.85, sigma: Positive = 6.0, of: Series = "close") -> Node:
    places = np.arange(period) - offset * (period - 1)
    weights = np.exp(-(places**2) / (2 * (period / sigma) ** 2))
    return Node(
        step=_alma,
        inputs=(of, Past(of, period)),
        state={"n": 0},
        constants={"period": period, "weights": weights / weights.sum()},
        warmup=period - 1,
        cost="O(period)",
    )
