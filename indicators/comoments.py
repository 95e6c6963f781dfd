"""Variances of two series and their covariance over the last `period` rows (population).

From sums of differences to shifts, updated, and taken afresh from the window every 32 · period rows (at every
row up to a period of 8), and whenever digits would be lost: a series is far from its shift, or an outlier has left.
Source: Chan, Golub, LeVeque, Algorithms for Computing the Sample Variance (1983).

>>> from core.plain import over
>>> over(comoments(2), high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0])
[(nan, nan, nan), (1.0, 0.25, 0.5), (0.25, 1.0, 0.5)]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step

_FAR = 1e3  # squares this many variances large cost three digits


@step
def _add(s: State, a: float, b: float, sign: float) -> None:
    s.a += sign * a
    s.b += sign * b
    s.aa += sign * (a * a)
    s.bb += sign * (b * b)
    s.ab += sign * (a * b)


@step
def _afresh(s: State, p: Constants, first: State, second: State) -> None:
    s.shift_a, s.shift_b = ago(first, p.period // 2), ago(second, p.period // 2)
    s.a = s.b = s.aa = s.bb = s.ab = 0.0
    for i in range(p.period):
        _add(s, ago(first, p.period - 1 - i) - s.shift_a, ago(second, p.period - 1 - i) - s.shift_b, 1.0)
    s.left = p.often


@step
def _spread(total: float, squares: float, share: float) -> float:
    return max(squares * share - (total * share) * (total * share), 0.0)


@step
def _lost(total: float, squares: float, gone: float, share: float) -> bool:
    """Whether what has gone, or the distance to the shift, dwarfs the variance that is left."""
    return max(squares * share, gone * gone) > _FAR * _spread(total, squares, share)


@step
def _comoments(s: State, p: Constants, a: float, b: float, first: State, second: State) -> tuple[float, float, float]:
    s.n += 1
    if s.n < p.period:
        return nan, nan, nan
    s.left -= 1
    if s.left > 0:
        _add(s, s.gone_a - s.shift_a, s.gone_b - s.shift_b, -1.0)
        _add(s, a - s.shift_a, b - s.shift_b, 1.0)
        if _lost(s.a, s.aa, s.gone_a - s.shift_a, p.share) or _lost(s.b, s.bb, s.gone_b - s.shift_b, p.share):
            s.left = 0
    if s.left <= 0:
        _afresh(s, p, first, second)
    s.gone_a, s.gone_b = ago(first, p.period - 1), ago(second, p.period - 1)
    both = s.ab * p.share - (s.a * p.share) * (s.b * p.share)
    return _spread(s.a, s.aa, p.share), _spread(s.b, s.bb, p.share), both


@indicator
def comoments(period: LongPeriod = 30, x: Series = "high", y: Series = "low") -> Node:
    sums = {"a": 0.0, "b": 0.0, "aa": 0.0, "bb": 0.0, "ab": 0.0}
    shifts = {"shift_a": 0.0, "shift_b": 0.0, "gone_a": 0.0, "gone_b": 0.0}
    return Node(
        step=_comoments,
        inputs=(x, y, Past(x, period), Past(y, period)),
        state={**sums, **shifts, "n": 0, "left": 0},
        constants={"period": period, "share": 1 / period, "often": 32 * period if period > 8 else 0},
        outputs=("x", "y", "both"),
        warmup=period - 1,
    )
