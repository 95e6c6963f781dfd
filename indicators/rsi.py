"""Relative strength index: the share of gains in the recent movement, 0 to 100.

100 · g / (g + l), g and l being Wilder's averages of rises and falls: the simple mean of the first `period`
changes, then mean ← (mean · (period − 1) + change) / period. 0 when nothing has moved, as in TA-Lib; an average
below 1e-290 becomes 0, since denormal numbers are three times slower.
Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `RSI`.

>>> from core.plain import over
>>> over(rsi(2), close=[1.0, 3.0, 2.0, 2.0])
[nan, nan, 66.66666666666666, 66.66666666666666]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, nan, step

_TINY = 1e-290


@step
def _rsi(s: State, p: Constants, value: float) -> float:
    change = value - s.previous
    s.previous = value
    s.n += 1
    if s.n == 1:
        return nan
    gain = change if change > 0.0 else 0.0
    loss = -change if change < 0.0 else 0.0
    if s.n <= p.period + 1:
        s.gain += gain
        s.loss += loss
        if s.n <= p.period:
            return nan
        s.gain *= p.share
        s.loss *= p.share
    else:
        s.gain = (s.gain * (p.period - 1) + gain) * p.share
        s.loss = (s.loss * (p.period - 1) + loss) * p.share
        if s.gain < _TINY:
            s.gain = 0.0
        if s.loss < _TINY:
            s.loss = 0.0
    moved = s.gain + s.loss
    return 100.0 * (s.gain / moved) if moved > 0.0 else 0.0


@indicator
def rsi(period: LongPeriod = 14, of: Series = "close") -> Node:
    return Node(
        step=_rsi,
        inputs=(of,),
        state={"previous": 0.0, "gain": 0.0, "loss": 0.0, "n": 0},
        constants={"period": period, "share": 1 / period},
        warmup=period,
    )
