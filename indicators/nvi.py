"""Negative volume index: the close's relative changes compounded on bars whose volume fell, from 1000.

Source: Fosback, Stock Market Logic (1976); TA-Lib 0.8 `NVI`.

>>> from core.plain import over
>>> over(nvi(), close=[2.0, 4.0, 3.0], volume=[10.0, 20.0, 15.0])
[1000.0, 1000.0, 750.0]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _nvi(s: State, _p: Constants, close: float, volume: float) -> float:
    if s.close > 0.0 and volume < s.volume:
        s.index += s.index * ((close - s.close) / s.close)
    s.close, s.volume = close, volume
    return s.index


@indicator
def nvi() -> Node:
    return Node(step=_nvi, inputs=("close", "volume"), state={"index": 1000.0, "close": 0.0, "volume": 0.0})
