"""Qstick: the average body of the last `period` bars, from open to close.

Source: Chande, Kroll, The New Technical Trader (1994); TA-Lib 0.8 `QSTICK`.

>>> from core.plain import over
>>> over(qstick(2), open=[1.5, 2.0, 4.5], high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0])
[nan, 1.25, 1.25]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.sma import sma


@step
def _body(_s: State, _p: Constants, open_: float, close: float) -> float:
    return close - open_


@indicator
def body() -> Node:
    """From open to close."""
    return Node(step=_body, inputs=("open", "close"))


@step
def _qstick(_s: State, _p: Constants, mean: float) -> float:
    return mean


@indicator
def qstick(period: Period = 10) -> Node:
    return Node(step=_qstick, inputs=(sma(period, body()),))
