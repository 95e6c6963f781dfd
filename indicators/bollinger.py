"""Bollinger Bands: the mean of the last `period` closes, and `width` standard deviations above and below it.

Population deviation, from sums of differences to a shift near the window (plain sums of squares lose every digit at
prices near 1e9). The shift and the sums are taken afresh whenever the window has been filled once more, and when
a square leaves that dwarfs what stays: no drift, O(1) a row on average.
Source: Bollinger, Bollinger on Bollinger Bands (2001); TA-Lib 0.8 `BBANDS`.

>>> from core.node import fresh, interpreted
>>> from types import SimpleNamespace as Row
>>> node = bollinger(2, 1.0); s, run = fresh(node), interpreted(node.step)
>>> [run(s, Row(close=c)) for c in (1.0, 3.0)]
[(nan, nan, nan), (3.0, 2.0, 1.0)]
"""

import math

import numpy as np

from core.node import Node, Row, State, nan, step, whole, within

_DWARFS = 1e6  # how much larger than the rest a leaving square may be before its rounding shows


@step
def _recentre(s: State) -> None:
    total = 0.0
    for i in range(s.period):
        total += s.window[i]
    s.shift = total / s.period
    s.first = 0.0
    s.second = 0.0
    for i in range(s.period):
        d = s.window[i] - s.shift
        s.first += d
        s.second += d * d


@step
def _bollinger(s: State, x: Row) -> tuple[float, float, float]:
    gone = s.window[s.at] - s.shift
    come = x.close - s.shift
    s.window[s.at] = x.close
    s.first += come - gone
    s.second += come * come - gone * gone
    s.at += 1
    if s.at == s.period:
        s.at = 0
        s.full = 1
        _recentre(s)
    elif gone * gone > _DWARFS * s.second:
        _recentre(s)
    if not s.full:
        return nan, nan, nan
    mean = s.first / s.period
    spread = s.width * math.sqrt(max(s.second / s.period - mean * mean, 0.0))
    middle = s.shift + mean
    return middle + spread, middle, middle - spread


def bollinger(period: int = 20, width: float = 2.0) -> Node:
    whole("period", period, at_least=2)
    width = within("width", width, 0.0, 100.0)
    return Node(
        name=f"bollinger_{period}_{width:g}".replace(".", "p"),
        step=_bollinger,
        state={
            "period": period,
            "width": width,
            "window": np.zeros(period),
            "shift": 0.0,
            "first": 0.0,
            "second": 0.0,
            "at": 0,
            "full": 0,
        },
        outputs=("upper", "middle", "lower"),
        warmup=period - 1,
        call=f"bollinger({period}, {width})",
        about="Bollinger Bands of the close: upper, middle, lower",
    )
