"""True strength index: momentum, smoothed twice, as a share of its size smoothed twice, −100 to 100.

100 · EMA(short) of EMA(long) of the change / the same of |change|; 0 when nothing has moved.
Source: Blau, Momentum, Direction and Divergence (1995); TA-Lib 0.8 `TSI`.

>>> from core.plain import over
>>> over(tsi(2, 1), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 33.33333333333333, 86.66666666666666, 3.70370370370372]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.ema import ema
from indicators.mom import mom


@step
def _size(_s: State, _p: Constants, value: float) -> float:
    return abs(value)


@indicator
def size(of: Series) -> Node:
    """A value without its sign."""
    return Node(step=_size, inputs=(of,))


@step
def _tsi(_s: State, _p: Constants, change: float, path: float) -> float:
    return 100.0 * (change / path) if path > 0.0 else 0.0


@indicator
def tsi(long: Period = 25, short: Period = 13, of: Series = "close") -> Node:
    change = mom(1, of)
    return Node(step=_tsi, inputs=(ema(short, ema(long, change)), ema(short, ema(long, size(change)))))
