"""Kaufman's adaptive moving average: fast in a trend, slow in noise.

mean ← mean + c² · (value − mean), c between 2/31 and 2/3 by how much of the path of the last `period` changes was
progress. The path is taken afresh from the window every 32 · period values. It begins at the value before the first.
Source: Kaufman, Smarter Trading (1995); TA-Lib 0.8 `KAMA`.

>>> from core.plain import over
>>> over(kama(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 2.929651469020182, 3.206368187925566, 3.312442690730289]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step

_SLOW = 2.0 / 31.0
_SPAN = 2.0 / 3.0 - _SLOW
_NOTHING = 1e-14


@step
def _path(p: Constants, past: State) -> float:
    total = 0.0
    for i in range(p.period):
        total += abs(ago(past, p.period - 1 - i) - ago(past, p.period - i))
    return total


@step
def _kama(s: State, p: Constants, value: float, past: State) -> float:
    s.n += 1
    if s.n <= p.period:
        s.mean = value
        return nan
    s.left -= 1
    if s.left <= 0 or s.n == p.period + 1:
        s.left = 32 * p.period
        s.path = _path(p, past)
    else:
        s.path += abs(value - ago(past, 1)) - abs(ago(past, p.period) - s.dropped)
    s.dropped = ago(past, p.period)
    progress = value - s.dropped
    efficiency = 1.0 if s.path <= progress or s.path < _NOTHING else abs(progress / s.path)
    weight = efficiency * _SPAN + _SLOW
    s.mean += weight * weight * (value - s.mean)
    return s.mean


@indicator
def kama(period: LongPeriod = 30, of: Series = "close") -> Node:
    return Node(
        step=_kama,
        inputs=(of, Past(of, period + 1)),
        state={"mean": 0.0, "path": 0.0, "dropped": 0.0, "n": 0, "left": 0},
        constants={"period": period},
        warmup=period,
    )
