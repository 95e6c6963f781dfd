"""Exponential moving average: the mean of all values so far, newer ones weighing more.

mean ← mean + 2 / (period + 1) · (value − mean). seed="sma": the first mean is the simple mean of the first `period`
values, as in TA-Lib; seed="first": it is the first value, as in pandas (adjust=False), and there is no warm-up.
Source: TA-Lib 0.8 `EMA`; Kaufman, Trading Systems and Methods, 5th ed., ch. 7.

>>> from core.plain import over
>>> over(ema(2), close=[1.0, 3.0, 5.0])
[nan, 2.0, 4.0]
>>> over(ema(3, seed="first"), close=[1.0, 3.0, 5.0])
[1.0, 2.0, 3.5]
"""

from core.making import Period, Seed, Series, indicator
from core.node import Constants, Node, State, fma, nan, step


@step
def _ema(s: State, p: Constants, value: float) -> float:
    s.n += 1
    if s.n > p.seed:
        s.mean = fma(p.weight, value - s.mean, s.mean)
        return s.mean
    s.mean += value
    if s.n < p.seed:
        return nan
    s.mean /= p.seed
    return s.mean


@indicator
def ema(period: Period = 20, of: Series = "close", seed: Seed = "sma") -> Node:
    first = period if seed == "sma" else 1
    return Node(
        step=_ema,
        inputs=(of,),
        state={"mean": 0.0, "n": 0},
        constants={"weight": 2 / (period + 1), "seed": first},
        warmup=first - 1,
    )
