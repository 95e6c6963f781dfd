"""Forecast oscillator: how far the value is from its forecast of the row before, in percent of the value.

100 · (value − TSF a row ago) / value; 0 when the value is.
Source: Chande, Kroll, The New Technical Trader (1994); TA-Lib 0.8 `FOSC`.

>>> from core.plain import over
>>> over(fosc(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, -150.0, 80.0, -100.0]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, nan, step
from indicators.tsf import tsf


@step
def _fosc(s: State, _p: Constants, value: float, forecast: float) -> float:
    before = s.forecast
    s.forecast = forecast
    if not s.known:
        s.known = 1
        return nan
    return 100.0 * (value - before) / value if value != 0.0 else 0.0


@indicator
def fosc(period: LongPeriod = 5, of: Series = "close") -> Node:
    return Node(step=_fosc, inputs=(of, tsf(period, of)), state={"forecast": 0.0, "known": 0}, warmup=1)
