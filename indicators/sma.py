"""Simple moving average: the mean of the last `period` closes.

A running sum that is taken afresh from the window each time the window has been filled once more, so rounding
never adds up (two additions a row on average). Source: TA-Lib 0.8 `SMA`.

>>> from core.node import fresh, interpreted
>>> from types import SimpleNamespace as Row
>>> node = sma(2); s, run = fresh(node), interpreted(node.step)
>>> [run(s, Row(close=c)) for c in (1.0, 3.0, 6.0)]
[nan, 2.0, 4.5]
"""

import numpy as np

from core.node import Node, Row, State, nan, step, whole


@step
def _sma(s: State, x: Row) -> float:
    s.total += x.close - s.window[s.at]
    s.window[s.at] = x.close
    s.at += 1
    if s.at == s.period:
        s.at = 0
        s.full = 1
        s.total = 0.0
        for i in range(s.period):
            s.total += s.window[i]
    return s.total / s.period if s.full else nan


def sma(period: int = 20) -> Node:
    whole("period", period)
    return Node(
        name=f"sma_{period}",
        step=_sma,
        state={"period": period, "window": np.zeros(period), "total": 0.0, "at": 0, "full": 0},
        warmup=period - 1,
        call=f"sma({period})",
        about="Simple moving average of the close",
    )
