"""Triple exponential moving average: an average with even less lag than the double one.

3 · EMA − 3 · EMA of the EMA + EMA of that.
Source: Mulloy, Smoothing Data with Less Lag, Stocks & Commodities 12 (1994); TA-Lib 0.8 `TEMA`.

>>> from core.plain import over
>>> over(tema(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, nan, 4.666666666666666, 4.074074074074075]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.ema import ema


@step
def _tema(_s: State, _p: Constants, once: float, twice: float, thrice: float) -> float:
    return 3.0 * once - 3.0 * twice + thrice


@indicator
def tema(period: Period = 30, of: Series = "close") -> Node:
    once = ema(period, of)
    twice = ema(period, once)
    return Node(step=_tema, inputs=(once, twice, ema(period, twice)))
