"""Vortex indicator: movement upwards and downwards between bars' ends, each as a share of the true range.

plus = Σ |high − last low| / Σ true range, minus = Σ |low − last high| / Σ true range, over `period` bars; 0 when
nothing has moved. Source: Botes, Siepman, The Vortex Indicator, Stocks & Commodities 28 (2010); TA-Lib 0.8 `VORTEX`.

>>> from core.plain import over
>>> over(vortex(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan), (nan, nan), (1.6, 0.4), (1.25, 1.0)]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, nan, step
from indicators.rolling_sum import rolling_sum
from indicators.trange import trange


@step
def _swings(s: State, _p: Constants, high: float, low: float) -> tuple[float, float]:
    up = abs(high - s.low)
    down = abs(low - s.high)
    s.high, s.low = high, low
    if not s.known:
        s.known = 1
        return nan, nan
    return up, down


@indicator
def swings() -> Node:
    """From the last low to the high, and from the last high to the low."""
    state = {"high": 0.0, "low": 0.0, "known": 0}
    return Node(step=_swings, inputs=("high", "low"), state=state, outputs=("up", "down"), warmup=1)


@step
def _vortex(_s: State, _p: Constants, up: float, down: float, reach: float) -> tuple[float, float]:
    if reach <= 0.0:
        return 0.0, 0.0
    return up / reach, down / reach


@indicator
def vortex(period: LongPeriod = 14) -> Node:
    sums = (swings()["up"], swings()["down"], trange())
    return Node(step=_vortex, inputs=tuple(rolling_sum(period, each) for each in sums), outputs=("plus", "minus"))
