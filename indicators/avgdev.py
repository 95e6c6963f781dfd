"""Average deviation: how far the last `period` values are from their mean, on average.

mean |value − mean|, taken from the window at every row, from differences to the newest value.
Source: TA-Lib 0.8 `AVGDEV`.

>>> from core.plain import over
>>> over(avgdev(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 1.0, 0.5, 1.5, 0.5]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _avgdev(s: State, p: Constants, value: float, past: State) -> float:
    if s.n < p.period - 1:
        s.n += 1
        return nan
    total = 0.0
    for i in range(p.period):
        total += ago(past, i) - value
    mean = total / p.period
    spread = 0.0
    for i in range(p.period):
        spread += abs(ago(past, i) - value - mean)
    return spread / p.period


@indicator
def avgdev(period: LongPeriod = 14, of: Series = "close") -> Node:
    return Node(
        step=_avgdev,
        inputs=(of, Past(of, period)),
        state={"n": 0},
        constants={"period": period},
        warmup=period - 1,
        cost="O(period)",
    )
