"""Variance of the last `period` values, over all of them (population).

From sums of differences to a shift near the window: plain sums of squares lose every digit at prices near 1e9. Shift
and sums are taken afresh from the window when the variance is small beside them, when a square leaves that dwarfs the
rest, and every 32 · period values, in TA-Lib's order: no drift, and on average O(1) a value.
Source: TA-Lib 0.8 `VAR`; Chan, Golub, LeVeque, Algorithms for Computing the Sample Variance (1983).

>>> from core.plain import over
>>> over(var(2), close=[1.0, 3.0, 3.0])
[nan, 1.0, 0.0]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step

_SMALL, _DWARFS, _NOTHING = 1e-6, 1e6, 1e-12


@step
def _recentre(s: State, p: Constants, past: State) -> float:
    """Take shift and sums afresh from the window; the variance."""
    total = 0.0
    for i in range(p.period):
        total += ago(past, p.period - 1 - i)
    s.shift = total * p.share
    s.first = 0.0
    s.second = 0.0
    for i in range(p.period):
        d = ago(past, p.period - 1 - i) - s.shift
        s.first += d
        s.second += d * d
    s.left = 32 * p.period
    mean = s.first * p.share
    variance = s.second * p.share - mean * mean
    return variance if variance >= _NOTHING * (s.second * p.share) else 0.0


@step
def _var(s: State, p: Constants, value: float, past: State) -> float:
    if s.n == 0:
        s.shift = value
    d = value - s.shift
    s.first += d
    s.second += d * d
    if s.n < p.period - 1:
        s.n += 1
        return nan
    mean = s.first * p.share
    variance = s.second * p.share - mean * mean
    oldest = ago(past, p.period - 1)
    gone = oldest - s.shift
    second = s.second - gone * gone
    s.left -= 1
    if variance < p.share * second * _SMALL or gone * gone > second * _DWARFS or s.left <= 0:
        variance = _recentre(s, p, past)
        gone = oldest - s.shift
    s.first -= gone
    s.second -= gone * gone
    return variance


@indicator
def var(period: LongPeriod = 20, of: Series = "close") -> Node:
    return Node(
        step=_var,
        inputs=(of, Past(of, period)),
        state={"shift": 0.0, "first": 0.0, "second": 0.0, "n": 0, "left": 32 * period},
        constants={"period": period, "share": 1 / period},
        warmup=period - 1,
    )
