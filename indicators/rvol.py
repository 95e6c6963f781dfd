"""Relative volume: the volume as a ratio to the mean of the `period` bars before.

0 when those had none. Source: TA-Lib 0.8 `RVOL`.

>>> from core.plain import over
>>> over(rvol(1), volume=[10.0, 20.0, 15.0])
[nan, 2.0, 0.75]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, nan, step
from indicators.sma import sma


@step
def _rvol(s: State, _p: Constants, volume: float, mean: float) -> float:
    before = s.mean
    s.mean = mean
    if not s.known:
        s.known = 1
        return nan
    return volume / before if before > 0.0 else 0.0


@indicator
def rvol(period: Period = 20) -> Node:
    state = {"mean": 0.0, "known": 0}
    return Node(step=_rvol, inputs=("volume", sma(period, "volume")), state=state, warmup=1)
