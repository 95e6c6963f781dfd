"""Wilder's moving average: each value weighs 1 / period, as in RSI, ATR and ADX.

mean ← (mean · (period − 1) + value) / period, seeded with the simple mean of the first `period` values.
A mean below 1e-290 in size becomes 0, since denormal numbers are three times slower.
Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `RMA`.

>>> from core.plain import over
>>> over(rma(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 2.0, 2.0, 3.5, 3.75]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, nan, step

_TINY = 1e-290


@step
def _rma(s: State, p: Constants, value: float) -> float:
    s.n += 1
    if s.n <= p.period:
        s.mean += value
        if s.n < p.period:
            return nan
        s.mean /= p.period
        return s.mean
    s.mean = (s.mean * (p.period - 1) + value) / p.period
    if abs(s.mean) < _TINY:
        s.mean = 0.0
    return s.mean


@indicator
def rma(period: Period = 14, of: Series = "close") -> Node:
    return Node(
        step=_rma,
        inputs=(of,),
        state={"mean": 0.0, "n": 0},
        constants={"period": period},
        warmup=period - 1,
    )
