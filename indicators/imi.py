"""Intraday momentum index: the share of bars' bodies that rose in the last `period` bars, 0 to 100.

100 · Σ rises / (Σ rises + Σ falls), from open to close; 50 when no bar had a body.
Source: Chande, Kroll, The New Technical Trader (1994); TA-Lib 0.8 `IMI`.

>>> from core.plain import over
>>> over(imi(2), open=[1.5, 2.0, 4.5], high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0])
[nan, 100.0, 100.0]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.rolling_sum import rolling_sum


@step
def _bodies(_s: State, _p: Constants, open_: float, close: float) -> tuple[float, float]:
    return max(close - open_, 0.0), max(open_ - close, 0.0)


@indicator
def bodies() -> Node:
    """How far a bar rose from open to close, and how far it fell; one of them is 0."""
    return Node(step=_bodies, inputs=("open", "close"), outputs=("rise", "fall"))


@step
def _imi(_s: State, _p: Constants, rises: float, falls: float) -> float:
    moved = rises + falls
    return 100.0 * (rises / moved) if moved > 0.0 else 50.0


@indicator
def imi(period: LongPeriod = 14) -> Node:
    return Node(step=_imi, inputs=(rolling_sum(period, bodies()["rise"]), rolling_sum(period, bodies()["fall"])))
