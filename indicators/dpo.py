"""Detrended price oscillator: the value half a period ago, minus the average of the period.

value (period / 2 + 1) rows ago − SMA(period); nothing of the future is used.
Source: TA-Lib 0.8 `DPO`; Achelis, Technical Analysis from A to Z, 2nd ed.

>>> from core.plain import over
>>> over(dpo(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, -1.0, -0.3333333333333335, -1.6666666666666665]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step
from indicators.sma import sma


@step
def _dpo(s: State, p: Constants, mean: float, past: State) -> float:
    if s.n < p.wait:
        s.n += 1
        return nan
    return ago(past, p.back) - mean


@indicator
def dpo(period: LongPeriod = 20, of: Series = "close") -> Node:
    back = period // 2 + 1
    wait = max(0, back + 1 - period)
    return Node(
        step=_dpo,
        inputs=(sma(period, of), Past(of, back + 1)),
        state={"n": 0},
        constants={"back": back, "wait": wait},
        warmup=wait,
    )
