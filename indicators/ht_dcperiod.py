"""Dominant cycle period: how many rows the strongest cycle in the values takes, 6 to 50.

Source: Ehlers, Rocket Science for Traders (2001), ch. 7; TA-Lib 0.8 `HT_DCPERIOD`.

>>> from core.plain import over
>>> over(ht_dcperiod(), close=[100.0 + (i % 8) for i in range(40)])[-1]
24.045641990180364
"""

from core.making import Series, indicator
from core.node import Constants, Node, State, nan, step
from indicators.hilbert import hilbert


@step
def _ht_dcperiod(s: State, _p: Constants, period: float) -> float:
    s.n += 1
    return period if s.n > 20 else nan


@indicator
def ht_dcperiod(of: Series = "close") -> Node:
    return Node(step=_ht_dcperiod, inputs=(hilbert(12, of)["smooth"],), state={"n": 0}, warmup=20)
