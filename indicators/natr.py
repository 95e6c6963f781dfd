"""Normalised average true range: the average true range in percent of the close.

Source: Forman, Cross-Market Evaluations with Normalized Average True Range, Stocks & Commodities 24 (2006); TA-Lib 0.8
`NATR`.

>>> from core.plain import over
>>> over(natr(1), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, 75.0, 40.0, 57.14285714285714]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.atr import atr


@step
def _natr(_s: State, _p: Constants, reach: float, close: float) -> float:
    return reach / close * 100.0 if close != 0.0 else 0.0


@indicator
def natr(period: Period = 14) -> Node:
    return Node(step=_natr, inputs=(atr(period), "close"))
