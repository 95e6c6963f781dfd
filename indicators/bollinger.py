"""Bollinger Bands: the mean of the last `period` values, and `width` standard deviations above and below it.

middle = SMA(period); upper, lower = middle ± width · STDDEV(period).
Source: Bollinger, Bollinger on Bollinger Bands (2001); TA-Lib 0.8 `BBANDS`.

>>> from core.plain import over
>>> over(bollinger(2, 1.0), close=[1.0, 3.0])
[(nan, nan, nan), (3.0, 2.0, 1.0)]
"""

from core.making import Factor, LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.sma import sma
from indicators.stddev import stddev


@step
def _bollinger(_s: State, p: Constants, middle: float, deviation: float) -> tuple[float, float, float]:
    reach = p.width * deviation
    return middle + reach, middle, middle - reach


@indicator
def bollinger(period: LongPeriod = 20, width: Factor = 2.0, of: Series = "close") -> Node:
    return Node(
        step=_bollinger,
        inputs=(sma(period, of), stddev(period, of)),
        constants={"width": width},
        outputs=("upper", "middle", "lower"),
    )
