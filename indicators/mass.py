"""Mass index: how much the bars' ranges have widened, summed; a bulge above 27 that falls below 26.5 warns of a turn.

Σ over `period` bars of EMA(fast) of the range / EMA(fast) of that EMA; a ratio is 1 where there is no range.
Source: Dorsey, The Mass Index, Stocks & Commodities 10 (1992); TA-Lib 0.8 `MASSI`.

>>> from core.plain import over
>>> over(mass(1, 2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, 2.0, 2.0, 2.0]
"""

from core.making import LongPeriod, Period, indicator
from core.node import Constants, Node, State, step
from indicators.adr import reach
from indicators.ema import ema
from indicators.rolling_sum import rolling_sum


@step
def _widening(_s: State, _p: Constants, once: float, twice: float) -> float:
    return once / twice if twice > 0.0 else 1.0


@indicator
def widening(fast: Period) -> Node:
    """The average range as a ratio to its own average."""
    once = ema(fast, reach())
    return Node(step=_widening, inputs=(once, ema(fast, once)))


@step
def _mass(_s: State, _p: Constants, total: float) -> float:
    return total


@indicator
def mass(fast: Period = 9, period: LongPeriod = 25) -> Node:
    return Node(step=_mass, inputs=(rolling_sum(period, widening(fast)),))
