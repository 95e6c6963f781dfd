"""Percent rank: how many of the `period` values before this one are below it, in percent.

Source: TA-Lib 0.8 `PERCENTRANK`.

>>> from core.plain import over
>>> over(percentrank(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 50.0, 100.0, 50.0]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _percentrank(s: State, p: Constants, value: float, past: State) -> float:
    if s.n < p.period:
        s.n += 1
        return nan
    below = 0
    for i in range(1, p.period + 1):
        if ago(past, i) < value:
            below += 1
    return 100.0 * below / p.period


@indicator
def percentrank(period: Period = 100, of: Series = "close") -> Node:
    return Node(
        step=_percentrank,
        inputs=(of, Past(of, period + 1)),
        state={"n": 0},
        constants={"period": period},
        warmup=period,
        cost="O(period)",
    )
