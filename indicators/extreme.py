"""Extreme: the highest (or lowest) of the last `period` values, and how many rows ago it was.

Values are taken in blocks of `period`. When a block is full, the best from each of its places to its end is written
down; the extreme of a window is then the better of the running best of this block and of what is written at the place
where the window begins in the last one: three comparisons a row on average, whatever the period and the prices.
Of equal values the newest counts.
Source: van Herk, A Fast Algorithm for Local Minimum and Maximum Filters (1992); Gil, Werman, Computing 2-D Min, Median
and Max Filters (1993).

>>> from core.plain import over
>>> over(extreme(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[(nan, nan), (nan, nan), (3.0, 1.0), (5.0, 0.0), (5.0, 1.0)]
"""

import math
from typing import Literal

import numpy as np

from core.making import Period, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _turn(s: State, p: Constants, past: State) -> None:
    """A block is full: write down the best from each of its places to its end, and begin the next."""
    best = -math.inf
    row = 0
    for i in range(1, p.period + 1):
        signed = ago(past, i) * p.sign
        row = s.n - i if signed > best else row
        best = signed if signed > best else best
        s.values[p.period - i] = best
        s.rows[p.period - i] = row
    s.at = 0
    s.best = -math.inf


@step
def _extreme(s: State, p: Constants, value: float, past: State) -> tuple[float, float]:
    if s.at == p.period:
        _turn(s, p, past)
    s.at += 1
    signed = value * p.sign
    s.row = s.n if signed >= s.best else s.row
    s.best = signed if signed >= s.best else s.best
    s.n += 1
    if s.n < p.period:
        return nan, nan
    older = s.values[s.at]
    best = older if older > s.best else s.best
    row = s.rows[s.at] if older > s.best else s.row
    return best * p.sign, float(s.n - 1 - row)


@indicator
def extreme(period: Period = 30, sign: Literal["high", "low"] = "high", of: Series = "close") -> Node:
    written = {"values": np.full(period + 1, -math.inf), "rows": np.zeros(period + 1, dtype=np.int64)}
    return Node(
        step=_extreme,
        inputs=(of, Past(of, period + 1)),
        state={**written, "best": -math.inf, "row": 0, "at": 0, "n": 0},
        constants={"period": period, "sign": 1.0 if sign == "high" else -1.0},
        outputs=("value", "age"),
        warmup=period - 1,
    )
