"""Chande momentum oscillator, as Chande wrote it: the sums of rises and falls over the last `period` changes.

100 · (rises − falls) / (rises + falls); 0 when nothing has moved.
Source: Chande, Kroll, The New Technical Trader (1994); TA-Lib 0.8 `CMOU`.

>>> from core.plain import over
>>> over(cmou(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 33.33333333333333, 50.0, 50.0]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.moves import moves
from indicators.rolling_sum import rolling_sum


@step
def _cmou(_s: State, _p: Constants, rises: float, falls: float) -> float:
    moved = rises + falls
    return 100.0 * ((rises - falls) / moved) if moved > 0.0 else 0.0


@indicator
def cmou(period: Period = 14, of: Series = "close") -> Node:
    moved = moves(of)
    return Node(step=_cmou, inputs=(rolling_sum(period, moved["rise"]), rolling_sum(period, moved["fall"])))
