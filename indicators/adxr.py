"""Average directional index rating: the mean of ADX now and `period` − 1 bars ago.

Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `ADXR`.

>>> from core.plain import over
>>> over(adxr(2), high=[3.0, 5.0, 6.0, 5.0, 7.0], low=[1.0, 2.0, 4.0, 3.0, 5.0], close=[2.0, 4.0, 5.0, 3.5, 6.0])
[nan, nan, nan, nan, 54.166666666666664]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, Past, State, ago, nan, step
from indicators.adx import adx


@step
def _adxr(s: State, p: Constants, index: float, past: State) -> float:
    if s.n < p.back:
        s.n += 1
        return nan
    return (index + ago(past, p.back)) / 2.0


@indicator
def adxr(period: LongPeriod = 14) -> Node:
    index = adx(period)
    return Node(
        step=_adxr,
        inputs=(index, Past(index, period)),
        state={"n": 0},
        constants={"back": period - 1},
        warmup=period - 1,
    )
