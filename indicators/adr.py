"""Average daily range: the mean of high − low over the last `period` bars, gaps not counted.

Source: TA-Lib 0.8 `ADR`.

>>> from core.plain import over
>>> over(adr(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, 2.5, 2.5, 2.0]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.sma import sma


@step
def _reach(_s: State, _p: Constants, high: float, low: float) -> float:
    return high - low


@indicator
def reach() -> Node:
    """From low to high."""
    return Node(step=_reach, inputs=("high", "low"))


@step
def _adr(_s: State, _p: Constants, mean: float) -> float:
    return mean


@indicator
def adr(period: Period = 14) -> Node:
    return Node(step=_adr, inputs=(sma(period, reach()),))
