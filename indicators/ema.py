"""Exponential moving average: the mean of all closes so far, newer ones weighing more.

mean ← mean + 2 / (period + 1) · (close − mean), seeded with the simple mean of the first `period` closes.
Source: TA-Lib 0.8 `EMA`; Kaufman, Trading Systems and Methods, 5th ed., ch. 7.

>>> from core.node import fresh, interpreted
>>> from types import SimpleNamespace as Row
>>> node = ema(2); s, run = fresh(node), interpreted(node.step)
>>> [run(s, Row(close=c)) for c in (1.0, 3.0, 5.0)]
[nan, 2.0, 4.0]
"""

from core.node import Node, Row, State, nan, step, whole


@step
def _ema(s: State, x: Row) -> float:
    s.n += 1
    if s.n > s.period:
        s.mean += s.weight * (x.close - s.mean)
        return s.mean  # type: ignore[no-any-return]
    s.mean += x.close / s.period
    return s.mean if s.n == s.period else nan


def ema(period: int = 20) -> Node:
    whole("period", period)
    return Node(
        name=f"ema_{period}",
        step=_ema,
        state={"period": period, "weight": 2 / (period + 1), "mean": 0.0, "n": 0},
        warmup=period - 1,
        call=f"ema({period})",
        about="Exponential moving average of the close",
    )
