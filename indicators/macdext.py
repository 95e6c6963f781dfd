"""MACD with averages of a chosen kind: a fast average minus a slow one, its own average, and their difference.

Source: Appel, Technical Analysis (2005); TA-Lib 0.8 `MACDEXT` with one kind for all three.

>>> from core.plain import over
>>> over(macdext(1, 2, 1), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[(nan, nan, nan), (1.0, 1.0, 0.0), (-0.5, -0.5, 0.0), (1.5, 1.5, 0.0), (-0.5, -0.5, 0.0)]
"""

from core.making import LongPeriod, Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.ma import Kind, averaged, fast_and_slow, late


@step
def _distance(_s: State, _p: Constants, fast: float, slow: float) -> float:
    return fast - slow


@indicator
def distance(fast: Period, slow: LongPeriod, kind: Kind, of: Series) -> Node:
    """A fast average minus a slow one, both ready at the same row: the fast one begins late, as in TA-Lib."""
    first, second = fast_and_slow(kind, fast, slow, of)
    wait = second.ready_after - first.ready_after
    return Node(step=_distance, inputs=(averaged(kind, fast, late(wait, of)), second))


@step
def _macdext(_s: State, _p: Constants, line: float, signal: float) -> tuple[float, float, float]:
    return line, signal, line - signal


@indicator
def macdext(
    fast: Period = 12, slow: LongPeriod = 26, signal: Period = 9, kind: Kind = "sma", of: Series = "close"
) -> Node:
    line = distance(fast, slow, kind, of)
    return Node(step=_macdext, inputs=(line, averaged(kind, signal, line)), outputs=("line", "signal", "histogram"))
