"""Simple moving average: the mean of the last `period` values.

sum ← sum + value; mean = sum / period; sum ← sum − oldest, in TA-Lib's order.
Source: TA-Lib 0.8 `SMA`.

>>> from core.plain import over
>>> over(sma(2), close=[1.0, 3.0, 6.0])
[nan, 2.0, 4.5]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _sma(s: State, p: Constants, value: float, past: State) -> float:
    total = s.total + value
    if s.n < p.period - 1:
        s.n += 1
        s.total = total
        return nan
    s.total = total - ago(past, p.period - 1)
    return total / p.period


@indicator
def sma(period: Period = 20, of: Series = "close") -> Node:
    return Node(
        step=_sma,
        inputs=(of, Past(of, period)),
        state={"total": 0.0, "n": 0},
        constants={"period": period},
        warmup=period - 1,
    )
