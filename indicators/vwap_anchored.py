"""Anchored VWAP: the mean price of all that was traded since a moment one chooses.

`at` is in seconds since 1970, UTC; before the first bar that opens at or after it, the bar's own vwap is given.
Source: Shannon, Maximum Trading Gains with Anchored VWAP (2023).

>>> from core.plain import over
>>> over(vwap_anchored(60), vwap=[2.0, 4.0, 3.0], volume=[1.0, 1.0, 1.0], ts_open=[0, 60 * 10**9, 120 * 10**9])
[2.0, 4.0, 3.5]
"""

from typing import Annotated

from core.making import Range, indicator
from core.node import Constants, Node, State, step


@step
def _vwap_anchored(s: State, p: Constants, price: float, volume: float, ts_open: int) -> float:
    if ts_open >= p.at:
        s.turned += price * volume
        s.volume += volume
    return s.turned / s.volume if s.volume > 0.0 else price


@indicator
def vwap_anchored(at: Annotated[int, Range(0, 9_000_000_000)] = 0) -> Node:
    return Node(
        step=_vwap_anchored,
        inputs=("vwap", "volume", "ts_open"),
        state={"turned": 0.0, "volume": 0.0},
        constants={"at": at * 10**9},
    )
