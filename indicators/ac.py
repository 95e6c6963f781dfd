"""Accelerator oscillator: the awesome oscillator minus its own average.

Source: Williams, New Trading Dimensions (1998); TA-Lib 0.8 `AC`.

>>> from core.plain import over
>>> over(ac(1, 2, 2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, nan, 0.0, -0.625]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.ao import ao
from indicators.sma import sma


@step
def _ac(_s: State, _p: Constants, line: float, mean: float) -> float:
    return line - mean


@indicator
def ac(fast: Period = 5, slow: Period = 34, signal: Period = 5) -> Node:
    line = ao(fast, slow)
    return Node(step=_ac, inputs=(line, sma(signal, line)))
