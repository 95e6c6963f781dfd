"""Chaikin oscillator: a fast average of the accumulation and distribution line minus a slow one.

Both averages begin with the line's first value. Source: Achelis, Technical Analysis from A to Z, 2nd ed.; TA-Lib 0.8
`ADOSC`.

>>> from core.plain import over
>>> over(adosc(1, 2), high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0], volume=[10.0, 20.0, 30.0])
[nan, 2.2222222222222223, 0.7407407407407405]
"""

from core.errors import BadInput
from core.making import LongPeriod, Period, indicator
from core.node import Constants, Node, State, nan, step
from indicators.ad import ad
from indicators.ema import ema


@step
def _adosc(s: State, p: Constants, fast: float, slow: float) -> float:
    if s.n < p.slow - 1:
        s.n += 1
        return nan
    return fast - slow


@indicator
def adosc(fast: Period = 3, slow: LongPeriod = 10) -> Node:
    if fast >= slow:
        raise BadInput(f"fast must be less than slow ({slow}), was {fast}")
    return Node(
        step=_adosc,
        inputs=(ema(fast, ad(), "first"), ema(slow, ad(), "first")),
        state={"n": 0},
        constants={"slow": slow},
        warmup=slow - 1,
    )
