"""Moments of the last `period` values: how far the newest is from their mean, variance, skewness, excess kurtosis.

Of the population. From sums of powers of differences to a shift, updated, and taken afresh from the window every
32 · period values (at every value up to a period of 8), and whenever digits would be lost: the window is more than
three standard deviations away from the shift, or an outlier that far away has left.
Skewness and kurtosis are 0 when the values are all the same.
Source: Pébay, Formulas for Robust, One-Pass Parallel Computation of Covariances and Moments (2008).

>>> from core.plain import over
>>> over(moments(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])[-1]
(0.3333333333333333, 1.5555555555555556, -0.3818017741606062, -1.5000000000000004)
"""

import math

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _add(s: State, d: float, sign: float) -> None:
    s.first += sign * d
    s.second += sign * (d * d)
    s.third += sign * (d * d * d)
    s.fourth += sign * (d * d * d * d)


@step
def _afresh(s: State, p: Constants, past: State) -> None:
    total = 0.0
    for i in range(p.period):
        total += ago(past, i) - ago(past, 0)
    s.shift = ago(past, 0) + total * p.share
    s.first = s.second = s.third = s.fourth = 0.0
    for i in range(p.period):
        _add(s, ago(past, p.period - 1 - i) - s.shift, 1.0)
    s.left = p.often


@step
def _moments(s: State, p: Constants, value: float, past: State) -> tuple[float, float, float, float]:
    s.n += 1
    if s.n < p.period:
        return nan, nan, nan, nan
    s.left -= 1
    if s.left > 0:
        _add(s, s.gone - s.shift, -1.0)
        _add(s, value - s.shift, 1.0)
    m = s.first * p.share
    out = s.gone - s.shift
    if s.left <= 0 or max(s.second * p.share, out * out) > 10.0 * (s.second * p.share - m * m):
        _afresh(s, p, past)
        m = s.first * p.share
    s.gone = ago(past, p.period - 1)
    raw2, raw3, raw4 = s.second * p.share, s.third * p.share, s.fourth * p.share
    m2 = raw2 - m * m
    if m2 <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    m3 = raw3 - 3.0 * m * raw2 + 2.0 * m * m * m
    m4 = raw4 - 4.0 * m * raw3 + 6.0 * m * m * raw2 - 3.0 * m * m * m * m
    return value - s.shift - m, m2, m3 / (m2 * math.sqrt(m2)), m4 / (m2 * m2) - 3.0


@indicator
def moments(period: LongPeriod = 30, of: Series = "close") -> Node:
    sums = {"shift": 0.0, "first": 0.0, "second": 0.0, "third": 0.0, "fourth": 0.0, "gone": 0.0}
    return Node(
        step=_moments,
        inputs=(of, Past(of, period)),
        state={**sums, "n": 0, "left": 0},
        constants={"period": period, "share": 1 / period, "often": 32 * period if period > 8 else 0},
        outputs=("away", "variance", "skew", "kurtosis"),
        warmup=period - 1,
    )
