"""Aroon: how recently the highest high and the lowest low of the last `period` bars were, 0 to 100.

100 · (period − bars since) / period, over period + 1 bars.
Source: Chande, A Time Price Oscillator, Stocks & Commodities 13 (1995); TA-Lib 0.8 `AROON`.

>>> from core.plain import over
>>> over(aroon(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan), (nan, nan), (0.0, 100.0), (0.0, 50.0)]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.extreme import extreme


@step
def _aroon(_s: State, p: Constants, low_age: float, high_age: float) -> tuple[float, float]:
    return p.share * (p.period - low_age), p.share * (p.period - high_age)


@indicator
def aroon(period: LongPeriod = 14) -> Node:
    return Node(
        step=_aroon,
        inputs=(extreme(period + 1, "low", "low")["age"], extreme(period + 1, "high", "high")["age"]),
        constants={"period": period, "share": 100.0 / period},
        outputs=("down", "up"),
    )
