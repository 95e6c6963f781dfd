"""Session VWAP: the mean price of all that was traded since the session began.

A session begins with the first bar that opens in a new day of 24 hours from `starts`, hours after midnight UTC. Made
from each bar's own vwap; the price itself without volume.
Source: Berkowitz, Logue, Noser, The Total Cost of Transactions on the NYSE, Journal of Finance 43 (1988).

>>> from core.plain import over
>>> over(vwap_session(), vwap=[2.0, 4.0, 3.0], volume=[1.0, 1.0, 2.0], ts_open=[0, 60 * 10**9, 86400 * 10**9])
[2.0, 3.0, 3.0]
"""

from typing import Annotated

from core.making import Range, indicator
from core.node import Constants, Node, State, step

_DAY = 86_400 * 10**9


@step
def _vwap_session(s: State, p: Constants, price: float, volume: float, ts_open: int) -> float:
    day = (ts_open - p.starts) // _DAY
    if day != s.day:
        s.day = day
        s.turned = 0.0
        s.volume = 0.0
    s.turned += price * volume
    s.volume += volume
    return s.turned / s.volume if s.volume > 0.0 else price


@indicator
def vwap_session(starts: Annotated[float, Range(0.0, 23.999)] = 0.0) -> Node:
    return Node(
        step=_vwap_session,
        inputs=("vwap", "volume", "ts_open"),
        state={"turned": 0.0, "volume": 0.0, "day": -1},
        constants={"starts": round(starts * 3600) * 10**9},
    )
