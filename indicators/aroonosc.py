"""Aroon oscillator: Aroon up minus Aroon down, −100 to 100.

Source: Chande, A Time Price Oscillator, Stocks & Commodities 13 (1995); TA-Lib 0.8 `AROONOSC`.

>>> from core.plain import over
>>> over(aroonosc(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, nan, 100.0, 50.0]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.aroon import aroon


@step
def _aroonosc(_s: State, _p: Constants, down: float, up: float) -> float:
    return up - down


@indicator
def aroonosc(period: LongPeriod = 14) -> Node:
    lines = aroon(period)
    return Node(step=_aroonosc, inputs=(lines["down"], lines["up"]))
