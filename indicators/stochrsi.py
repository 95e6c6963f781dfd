"""Stochastic RSI: where the RSI stands in its own range of the last `period` values, 0 to 100, and its average.

Source: Chande, Kroll, The New Technical Trader (1994); TA-Lib 0.8 `STOCHRSI`.

>>> from core.plain import over
>>> over(stochrsi(2, 2, 1), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[(nan, nan), (nan, nan), (nan, nan), (100.0, 100.0), (0.0, 0.0)]
"""

from core.making import LongPeriod, Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.ma import Kind, averaged
from indicators.rsi import rsi
from indicators.stochf import place


@step
def _stochrsi(_s: State, _p: Constants, k: float, d: float) -> tuple[float, float]:
    return k, d


@indicator
def stochrsi(
    rsi_period: LongPeriod = 14, period: Period = 5, smooth: Period = 3, kind: Kind = "sma", of: Series = "close"
) -> Node:
    index = rsi(rsi_period, of)
    k = place(period, index, index, index)
    return Node(step=_stochrsi, inputs=(k, averaged(kind, smooth, k)), outputs=("k", "d"))
