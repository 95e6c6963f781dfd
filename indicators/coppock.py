"""Coppock curve: a weighted average of two rates of change added up; a long-term turn from below 0 is the signal.

WMA(`average`) of ROC(`short`) + ROC(`long`).
Source: Coppock, Practical Relative Strength Charting (1962); TA-Lib 0.8 `COPPOCK`.

>>> from core.plain import over
>>> over(coppock(2, 1, 2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, nan, 166.66666666666666, 125.55555555555554]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.roc import roc
from indicators.wma import wma


@step
def _rates(_s: State, _p: Constants, short: float, long: float) -> float:
    return short + long


@indicator
def rates(short: Period, long: Period, of: Series) -> Node:
    """Two rates of change added up."""
    return Node(step=_rates, inputs=(roc(short, of), roc(long, of)))


@step
def _coppock(_s: State, _p: Constants, mean: float) -> float:
    return mean


@indicator
def coppock(average: Period = 10, short: Period = 11, long: Period = 14, of: Series = "close") -> Node:
    return Node(step=_coppock, inputs=(wma(average, rates(short, long, of)),))
