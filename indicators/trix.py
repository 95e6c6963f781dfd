"""TRIX: the rate of change, in percent, of a triple exponential average.

Source: Hutson, Good TRIX, Stocks & Commodities 1 (1983); TA-Lib 0.8 `TRIX`.

>>> from core.plain import over
>>> over(trix(2), close=[1.0, 3.0, 2.0, 5.0, 4.0, 6.0])
[nan, nan, nan, nan, 27.77777777777779, 27.536231884057962]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.ema import ema
from indicators.roc import roc


@step
def _trix(_s: State, _p: Constants, rate: float) -> float:
    return rate


@indicator
def trix(period: Period = 30, of: Series = "close") -> Node:
    return Node(step=_trix, inputs=(roc(1, ema(period, ema(period, ema(period, of)))),))
