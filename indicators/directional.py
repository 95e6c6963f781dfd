"""Directional movement: how far a bar reached beyond the last one, upwards and downwards, summed the Wilder way.

Of the reach upwards (high − last high) and downwards (last low − low) the larger counts, if it is positive, with the
true range beside them. sum ← sum − sum / period + movement, begun with the plain sum of the first period − 1 bars.
Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `PLUS_DM`, `MINUS_DM`.

>>> from core.plain import over
>>> over(directional(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan, nan), (2.0, 0.0, 3.0), (2.0, 0.0, 3.5), (1.0, 1.0, 3.75)]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, nan, step

_TINY = 1e-290


@step
def _smooth(total: float, period: int, value: float) -> float:
    total = total - total / period + value
    return total if total >= _TINY else 0.0


@step
def _directional(s: State, p: Constants, high: float, low: float, close: float) -> tuple[float, float, float]:
    s.n += 1
    up = high - s.high
    down = s.low - low
    reach = max(high - low, abs(high - s.close), abs(low - s.close))
    s.high, s.low, s.close = high, low, close
    if s.n == 1:
        return nan, nan, nan
    rise = up if up > down and up > 0.0 else 0.0
    fall = down if down > up and down > 0.0 else 0.0
    if s.n <= p.period:
        s.plus += rise
        s.minus += fall
        s.reach += reach
        if s.n < p.period:
            return nan, nan, nan
    else:
        s.plus = _smooth(s.plus, p.period, rise)
        s.minus = _smooth(s.minus, p.period, fall)
        s.reach = _smooth(s.reach, p.period, reach)
    return s.plus, s.minus, s.reach


@indicator
def directional(period: LongPeriod = 14) -> Node:
    sums = {"plus": 0.0, "minus": 0.0, "reach": 0.0}
    return Node(
        step=_directional,
        inputs=("high", "low", "close"),
        state={"high": 0.0, "low": 0.0, "close": 0.0, **sums, "n": 0},
        constants={"period": period},
        outputs=("plus", "minus", "reach"),
        warmup=period - 1,
    )
