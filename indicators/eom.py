"""Ease of movement: how far the middle of the bars moves for the volume it takes, averaged over `period` bars.

SMA of (change of the middle) · (high − low) / (volume / unit); 0 for a bar without volume.
Source: Arms, Volume Cycles in the Stock Market (1994).

>>> from core.plain import over
>>> over(eom(1, 10.0), high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0], volume=[10.0, 20.0, 30.0])
[nan, 2.25, 1.0]
"""

from typing import Annotated

from core.making import Period, Range, indicator
from core.node import Constants, Node, State, step
from indicators.medprice import medprice
from indicators.mom import mom
from indicators.rolling_sum import rolling_sum


@step
def _ease(_s: State, p: Constants, change: float, high: float, low: float, volume: float) -> float:
    return change * (high - low) / (volume / p.unit) if volume > 0.0 else 0.0


@indicator
def ease(unit: Annotated[float, Range(1e-9, 1e15)]) -> Node:
    """The ease of one bar's movement."""
    inputs = (mom(1, medprice()), "high", "low", "volume")
    return Node(step=_ease, inputs=inputs, constants={"unit": unit})


@step
def _eom(_s: State, p: Constants, total: float) -> float:
    return total / p.period


@indicator
def eom(period: Period = 14, unit: Annotated[float, Range(1e-9, 1e15)] = 100_000_000.0) -> Node:
    return Node(step=_eom, inputs=(rolling_sum(period, ease(unit)),), constants={"period": period})
