"""Average true range: how far the price moves in a bar, gaps included, averaged the Wilder way.

mean ← mean · (period − 1) / period + true range / period, seeded with the simple mean of the first `period` ranges.
A mean below 1e-290 becomes 0, since denormal numbers are three times slower.
Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `ATR`.

>>> from core.plain import over
>>> over(atr(1), high=[3.0, 5.0], low=[1.0, 4.0], close=[2.0, 4.5])
[nan, 3.0]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, fma, nan, step
from indicators.trange import trange

_TINY = 1e-290


@step
def _atr(s: State, p: Constants, reach: float) -> float:
    s.n += 1
    if s.n <= p.period:
        s.mean += reach
        if s.n < p.period:
            return nan
        s.mean /= p.period
        return s.mean
    s.mean = fma(s.mean, p.keep, reach * p.give)
    if s.mean < _TINY:
        s.mean = 0.0
    return s.mean


@indicator
def atr(period: Period = 14) -> Node:
    keep = (period - 1) / period
    return Node(
        step=_atr,
        inputs=(trange(),),
        state={"mean": 0.0, "n": 0},
        constants={"period": period, "keep": keep, "give": 1 - keep},
        warmup=period - 1,
    )
