"""Know sure thing: four smoothed rates of change, the longer weighing more, and the average of their sum.

1 · SMA10(ROC10) + 2 · SMA10(ROC15) + 3 · SMA10(ROC20) + 4 · SMA15(ROC30); signal = SMA(`signal`) of it.
Source: Pring, Summed Rate of Change (KST), Stocks & Commodities 10 (1992).

>>> from core.plain import over
>>> over(kst(1), close=[float(100 + i % 7) for i in range(46)])[-2:]
[(-1.9128397927494207, -1.9128397927494207), (0.10321713139257993, 0.10321713139257993)]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.roc import roc
from indicators.sma import sma


@step
def _know(_s: State, _p: Constants, first: float, second: float, third: float, fourth: float) -> float:
    return first + 2.0 * second + 3.0 * third + 4.0 * fourth


@indicator
def know(of: Series) -> Node:
    """The sum of the four smoothed rates."""
    pairs = ((10, 10), (15, 10), (20, 10), (30, 15))
    return Node(step=_know, inputs=tuple(sma(average, roc(period, of)) for period, average in pairs))


@step
def _kst(_s: State, _p: Constants, line: float, signal: float) -> tuple[float, float]:
    return line, signal


@indicator
def kst(signal: Period = 9, of: Series = "close") -> Node:
    return Node(step=_kst, inputs=(know(of), sma(signal, know(of))), outputs=("line", "signal"))
