"""Zero-lag exponential moving average: an EMA of the value plus what it moved within the lag.

EMA of 2 · value − value (period − 1) / 2 rows ago. Source: Ehlers, Way, Zero Lag (Well, Almost), Stocks & Commodities
28 (2010); TA-Lib 0.8 `ZLEMA`.

>>> from core.plain import over
>>> over(zlema(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, nan, 4.666666666666667, 3.8333333333333335]
"""

from core.making import Lag, Period, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step
from indicators.ema import ema


@step
def _ahead(s: State, p: Constants, value: float, past: State) -> float:
    if s.n < p.lag:
        s.n += 1
        return nan
    return 2.0 * value - ago(past, p.lag)


@indicator
def ahead(lag: Lag, of: Series) -> Node:
    """The value, moved on by what it moved in `lag` rows."""
    return Node(step=_ahead, inputs=(of, Past(of, lag + 1)), state={"n": 0}, constants={"lag": lag}, warmup=lag)


@step
def _zlema(_s: State, _p: Constants, mean: float) -> float:
    return mean


@indicator
def zlema(period: Period = 30, of: Series = "close") -> Node:
    return Node(step=_zlema, inputs=(ema(period, ahead((period - 1) // 2, of)),))
