"""Absolute price oscillator: a fast average minus a slow one.

Source: TA-Lib 0.8 `APO`.

>>> from core.plain import over
>>> over(apo(1, 2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 1.0, 0.0, 1.0, 0.0]
"""

from core.making import LongPeriod, Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.ma import Kind, fast_and_slow


@step
def _apo(_s: State, _p: Constants, fast: float, slow: float) -> float:
    return fast - slow


@indicator
def apo(fast: Period = 12, slow: LongPeriod = 26, kind: Kind = "ema", of: Series = "close") -> Node:
    return Node(step=_apo, inputs=fast_and_slow(kind, fast, slow, of))
