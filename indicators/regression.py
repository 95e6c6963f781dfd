"""Regression line through the last `period` values: its slope a row, and its height at the oldest one.

Least squares from sums of differences to a shift, updated, and taken afresh from the window every 32 · period values,
at every value when the period is at most 8.
Source: TA-Lib 0.8 `LINEARREG_SLOPE`, `LINEARREG_INTERCEPT`; Kenney, Keeping, Mathematics of Statistics (1962).

>>> from core.plain import over
>>> over(regression(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[(nan, nan), (nan, nan), (0.5, 1.5), (1.0, 2.3333333333333335), (1.0, 2.666666666666667)]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _afresh(s: State, p: Constants, past: State) -> None:
    s.shift = ago(past, 0)
    s.plain = 0.0
    s.weighted = 0.0
    for i in range(p.period):
        d = ago(past, p.period - 1 - i) - s.shift
        s.plain += d
        s.weighted += i * d
    s.left = p.often


@step
def _regression(s: State, p: Constants, value: float, past: State) -> tuple[float, float]:
    s.n += 1
    if s.n < p.period:
        return nan, nan
    s.left -= 1
    if s.left <= 0:
        _afresh(s, p, past)
    else:
        s.plain -= s.gone - s.shift
        s.weighted += (p.period - 1) * (value - s.shift) - s.plain
        s.plain += value - s.shift
    s.gone = ago(past, p.period - 1)
    slope = (p.period * s.weighted - p.first * s.plain) / p.divisor
    return slope, s.shift + (s.plain - slope * p.first) / p.period


@indicator
def regression(period: LongPeriod = 14, of: Series = "close") -> Node:
    first, second = period * (period - 1) / 2, period * (period - 1) * (2 * period - 1) / 6
    return Node(
        step=_regression,
        inputs=(of, Past(of, period)),
        state={"shift": 0.0, "plain": 0.0, "weighted": 0.0, "gone": 0.0, "n": 0, "left": 0},
        constants={
            "period": period,
            "often": 32 * period if period > 8 else 0,
            "first": first,
            "divisor": period * second - first * first,
        },
        outputs=("slope", "intercept"),
        warmup=period - 1,
    )
