"""Volume profile: at which price most was traded in the last `period` bars, and where 70 % of it was.

The range of the closes is cut into `bins`; each bar's volume falls into its close's bin. `poc`, the point of control,
is the middle of the fullest (of equals the lowest); the value area grows from it to the fuller side (the upper of
equals) until it holds 70 %. Counted anew at every bar. All three are the close when nothing has moved; without any
volume, as venues of indices give it, all bars weigh the same.
Source: Steidlmayer, Steidlmayer on Markets (1989); Dalton, Mind over Markets (1990).

>>> from core.plain import over
>>> over(volume_profile(3, 2), close=[1.0, 2.0, 2.0], volume=[1.0, 2.0, 3.0])
[(nan, nan, nan), (nan, nan, nan), (1.75, 2.0, 1.5)]
>>> over(volume_profile(3, 2), close=[1.0, 2.0, 2.0], volume=[0.0, 0.0, 0.0])[-1]
(1.75, 2.0, 1.0)
"""

from typing import Annotated

import numpy as np

from core.making import LongPeriod, Range, indicator
from core.node import Constants, Node, Past, State, ago, step
from indicators.highest import highest
from indicators.lowest import lowest


@step
def _fill(s: State, p: Constants, prices: State, volumes: State, low: float, width: float) -> float:
    """Count the volumes into the bins; all of them."""
    for i in range(p.bins):
        s.filled[i] = 0.0
    total = 0.0
    for i in range(p.period):
        total += ago(volumes, i)
    for i in range(p.period):
        place = min(int((ago(prices, i) - low) / width), p.bins - 1)
        s.filled[place] += ago(volumes, i) if total > 0.0 else 1.0
    return total if total > 0.0 else 1.0 * p.period


@step
def _volume_profile(
    s: State, p: Constants, close: float, top: float, bottom: float, prices: State, volumes: State
) -> tuple[float, float, float]:
    width = (top - bottom) / p.bins
    if width <= 0.0:
        return close, close, close
    total = _fill(s, p, prices, volumes, bottom, width)
    best = 0
    for i in range(1, p.bins):
        if s.filled[i] > s.filled[best]:
            best = i
    first = last = best
    held = s.filled[best]
    while held < 0.7 * total:
        below = s.filled[first - 1] if first > 0 else -1.0
        above = s.filled[last + 1] if last < p.bins - 1 else -1.0
        if above >= below:
            last += 1
            held += above
        else:
            first -= 1
            held += below
        if first == 0 and last == p.bins - 1:
            break
    return bottom + (best + 0.5) * width, bottom + (last + 1) * width, bottom + first * width


@indicator
def volume_profile(period: LongPeriod = 100, bins: Annotated[int, Range(2, 1000)] = 24) -> Node:
    return Node(
        step=_volume_profile,
        inputs=("close", highest(period), lowest(period), Past("close", period), Past("volume", period)),
        state={"filled": np.zeros(bins)},
        constants={"period": period, "bins": bins},
        outputs=("poc", "value_high", "value_low"),
        cost="O(period)",
    )
