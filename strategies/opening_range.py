"""Opening-range breakout: buy when the close is above all of a session's first minutes, sell when it is below.

Once a session in each direction. A session begins with the first bar that opens at or after `starts`, hours after
midnight UTC (13.5 is New York's opening in summer, 14.5 in winter), and lasts until the next. Bars longer than the
range make none. Strength is the distance beyond the range, as a share of its width, at most 1.
Source: Crabel, Day Trading with Short Term Price Patterns and Opening Range Breakout (1990).

>>> from types import SimpleNamespace
>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> node = opening_range(2.0, 0.0); s, run = fresh(node), interpreted(node.step)
>>> minute = 60 * 10**9
>>> rows = [(11.0, 9.0, 10.0), (12.0, 10.0, 11.0), (14.0, 11.0, 13.0), (14.0, 12.0, 14.0), (9.0, 7.0, 7.5)]
>>> [run(s, SimpleNamespace(**node.constants), *row, i * minute, (i + 1) * minute) for i, row in enumerate(rows)]
[(0.0, 0.0), (0.0, 0.0), (1.0, 0.3333333333333333), (0.0, 0.0), (-1.0, 0.5)]
"""

from typing import Annotated

from core.making import Range, strategy
from core.node import Constants, Node, OnGap, State, step

_DAY = 86_400 * 10**9


@step
def _opening_range(
    s: State, p: Constants, high: float, low: float, close: float, ts_open: int, ts_close: int
) -> tuple[float, float]:
    day = (ts_open - p.starts) // _DAY
    if day != s.day:
        s.day = day
        s.known = 0
        s.bought = 0
        s.sold = 0
    if ts_close <= day * _DAY + p.starts + p.length:
        s.top = max(s.top, high) if s.known else high
        s.bottom = min(s.bottom, low) if s.known else low
        s.known = 1
        return 0.0, 0.0
    width = s.top - s.bottom
    if s.known and close > s.top and not s.bought:
        s.bought = 1
        return 1.0, min(1.0, (close - s.top) / width) if width > 0.0 else 1.0
    if s.known and close < s.bottom and not s.sold:
        s.sold = 1
        return -1.0, min(1.0, (s.bottom - close) / width) if width > 0.0 else 1.0
    return 0.0, 0.0


@strategy
def opening_range(
    minutes: Annotated[float, Range(1.0, 1440.0)] = 30.0,
    starts: Annotated[float, Range(0.0, 23.999)] = 13.5,
    on_gap: OnGap = "flag",
) -> Node:
    return Node(
        step=_opening_range,
        inputs=("high", "low", "close", "ts_open", "ts_close"),
        state={"top": 0.0, "bottom": 0.0, "day": -1, "known": 0, "bought": 0, "sold": 0},
        constants={"starts": round(starts * 3600) * 10**9, "length": round(minutes * 60) * 10**9},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
