"""Chaikin volatility: how much the average range has changed over `change` bars, in percent.

ROC(change) of EMA(period) of high − low. Source: Achelis, Technical Analysis from A to Z, 2nd ed.; TA-Lib 0.8 `CVI`.

>>> from core.plain import over
>>> over(cvi(1, 1), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, 50.0, -33.333333333333336, 0.0]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.adr import reach
from indicators.ema import ema
from indicators.roc import roc


@step
def _cvi(_s: State, _p: Constants, rate: float) -> float:
    return rate


@indicator
def cvi(period: Period = 10, change: Period = 10) -> Node:
    return Node(step=_cvi, inputs=(roc(change, ema(period, reach())),))
