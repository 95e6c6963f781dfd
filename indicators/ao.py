"""Awesome oscillator: a short average of the median price minus a long one.

Source: Williams, New Trading Dimensions (1998); TA-Lib 0.8 `AO`.

>>> from core.plain import over
>>> over(ao(1, 2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, 0.75, 0.75, -0.5]
"""

from core.errors import BadInput
from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.medprice import medprice
from indicators.sma import sma


@step
def _ao(_s: State, _p: Constants, fast: float, slow: float) -> float:
    return fast - slow


@indicator
def ao(fast: Period = 5, slow: Period = 34) -> Node:
    if fast >= slow:
        raise BadInput(f"fast must be less than slow ({slow}), was {fast}")
    return Node(step=_ao, inputs=(sma(fast, medprice()), sma(slow, medprice())))
