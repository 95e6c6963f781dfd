"""Amihud illiquidity: how far the price moves for the money that is turned over, averaged over `period` bars.

mean of |return| / (close · volume) · `unit`; 0 for a bar without turnover.
Source: Amihud, Illiquidity and Stock Returns, Journal of Financial Markets 5 (2002).

>>> from core.plain import over
>>> over(amihud(1, 100.0), close=[2.0, 4.0, 3.0], volume=[10.0, 20.0, 30.0])
[nan, 1.25, 0.2777777777777778]
"""

from typing import Annotated

from core.making import Period, Range, indicator
from core.node import Constants, Node, State, step
from indicators.rocp import rocp
from indicators.rolling_sum import rolling_sum
from indicators.turnover import turnover


@step
def _price_of(_s: State, p: Constants, change: float, turned: float) -> float:
    return abs(change) / turned * p.unit if turned > 0.0 else 0.0


@indicator
def price_of(unit: Annotated[float, Range(1e-9, 1e15)]) -> Node:
    """How far the price moved for one bar's turnover."""
    return Node(step=_price_of, inputs=(rocp(1), turnover()), constants={"unit": unit})


@step
def _amihud(_s: State, p: Constants, total: float) -> float:
    return total / p.period


@indicator
def amihud(period: Period = 20, unit: Annotated[float, Range(1e-9, 1e15)] = 1_000_000.0) -> Node:
    return Node(step=_amihud, inputs=(rolling_sum(period, price_of(unit)),), constants={"period": period})
