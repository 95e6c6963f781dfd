"""Commodity channel index: how far the typical price stands from its average, in 0.015 mean deviations.

(typical − mean) / (0.015 · mean |typical − mean|) over `period` bars, from differences to the newest price, so that
nothing is lost at high prices; 0 when nothing has moved. The deviations are taken from the window at every bar.
Source: Lambert, Commodity Channel Index, Commodities (1980); TA-Lib 0.8 `CCI`.

>>> from core.plain import over
>>> over(cci(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, 66.66666666666667, 66.66666666666667, -66.66666666666667]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, Past, State, ago, nan, step
from indicators.typprice import typprice


@step
def _cci(s: State, p: Constants, price: float, past: State) -> float:
    if s.n < p.period - 1:
        s.n += 1
        return nan
    total = 0.0
    for i in range(p.period):
        total += ago(past, i) - price
    mean = total / p.period
    spread = 0.0
    for i in range(p.period):
        spread += abs(ago(past, i) - price - mean)
    return -mean / (0.015 * (spread / p.period)) if spread > 0.0 else 0.0


@indicator
def cci(period: LongPeriod = 14) -> Node:
    return Node(
        step=_cci,
        inputs=(typprice(), Past(typprice(), period)),
        state={"n": 0},
        constants={"period": period},
        warmup=period - 1,
        cost="O(period)",
    )
