"""Weighted moving average: the mean of the last `period` values, the newest weighing `period`, the oldest 1.

Both sums (plain and weighted) are updated, and taken afresh from the window every 32 · period values: the error of the
one would otherwise add up in the other. Source: TA-Lib 0.8 `WMA`.

>>> from core.plain import over
>>> over(wma(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 2.3333333333333335, 2.3333333333333335, 4.0, 4.333333333333333]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _wma(s: State, p: Constants, value: float, past: State) -> float:
    if s.n < p.period - 1:
        s.n += 1
        s.plain += value
        s.weighted += value * s.n
        return nan
    s.plain += value
    weighted = s.weighted + value * p.period
    s.left -= 1
    if s.left <= 0:
        s.left = 32 * p.period
        s.plain = 0.0
        weighted = 0.0
        for i in range(p.period):
            s.plain += ago(past, i)
            weighted += ago(past, i) * (p.period - i)
    s.weighted = weighted - s.plain
    s.plain -= ago(past, p.period - 1)
    return weighted / p.whole


@indicator
def wma(period: Period = 30, of: Series = "close") -> Node:
    return Node(
        step=_wma,
        inputs=(of, Past(of, period)),
        state={"plain": 0.0, "weighted": 0.0, "n": 0, "left": 32 * period},
        constants={"period": period, "whole": period * (period + 1) / 2},
        warmup=period - 1,
    )
