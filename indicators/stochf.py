"""Fast stochastic: where the close stands in the range of the last `period` bars, 0 to 100, and its average.

k = 100 · (close − lowest) / (highest − lowest), 0 without a range; d = average of k over `smooth` bars.
Source: Lane, Lane's Stochastics, Stocks & Commodities 2 (1984); TA-Lib 0.8 `STOCHF`.

>>> from core.plain import over
>>> over(stochf(2, 2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan), (nan, nan), (75.0, 75.0), (16.666666666666668, 45.833333333333336)]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.highest import highest
from indicators.lowest import lowest
from indicators.ma import Kind, averaged

_NOTHING = 1e-14  # of the top: what rounding leaves of a range that is none


@step
def _place(_s: State, _p: Constants, value: float, top: float, bottom: float) -> float:
    reach = top - bottom
    return (value - bottom) / (reach / 100.0) if reach > _NOTHING * abs(top) else 0.0


@indicator
def place(period: Period, value: Series = "close", high: Series = "high", low: Series = "low") -> Node:
    """Where a value stands in the range of the last `period` highs and lows, in percent."""
    return Node(step=_place, inputs=(value, highest(period, high), lowest(period, low)))


@step
def _stochf(_s: State, _p: Constants, k: float, d: float) -> tuple[float, float]:
    return k, d


@indicator
def stochf(period: Period = 5, smooth: Period = 3, kind: Kind = "sma") -> Node:
    k = place(period)
    return Node(step=_stochf, inputs=(k, averaged(kind, smooth, k)), outputs=("k", "d"))
