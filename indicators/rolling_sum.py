"""Rolling sum: the sum of the last `period` values.

sum ← sum + newest − oldest, taken afresh from the window every 32 · period values and when it is small beside what it
has been since the last time: rounding neither adds up nor outlives a large value.
Source: TA-Lib 0.8 `SUM`.

>>> from core.plain import over
>>> over(rolling_sum(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 4.0, 5.0, 7.0, 9.0]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step

_DWARFS = 1e4  # how much larger than it is a sum may have been before its rounding shows


@step
def _rolling_sum(s: State, p: Constants, value: float, past: State) -> float:
    total = s.total + value
    s.peak = max(s.peak, abs(s.total), abs(total))
    if s.n < p.period - 1:
        s.n += 1
        s.total = total
        return nan
    s.left -= 1
    if s.left <= 0 or s.peak > _DWARFS * abs(total):
        s.left = 32 * p.period
        total = 0.0
        for i in range(p.period):
            total += ago(past, p.period - 1 - i)
        s.peak = abs(total)
    s.total = total - ago(past, p.period - 1)
    return total


@indicator
def rolling_sum(period: Period = 30, of: Series = "close") -> Node:
    return Node(
        step=_rolling_sum,
        inputs=(of, Past(of, period)),
        state={"total": 0.0, "n": 0, "left": 32 * period, "peak": 0.0},
        constants={"period": period},
        warmup=period - 1,
    )
