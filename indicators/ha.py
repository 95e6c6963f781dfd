"""Heikin-Ashi: bars whose open is the middle of the last one's body, so that trends look like trends.

close = (open + high + low + close) / 4; open ← (open + close) / 2 of the bar before; high and low take both in.
Source: Valcu, Using the Heikin-Ashi Technique, Stocks & Commodities 22 (2004); TA-Lib 0.8 `HA`.

>>> from core.plain import over
>>> over(ha(), open=[1.5, 2.0, 4.5], high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0])
[(1.75, 3.0, 1.0, 1.875), (1.8125, 5.0, 1.8125, 3.25), (2.53125, 6.0, 2.53125, 4.875)]
"""

from core.making import indicator
from core.node import Constants, Node, State, step


@step
def _ha(
    s: State, _p: Constants, open_: float, high: float, low: float, close: float
) -> tuple[float, float, float, float]:
    s.open = (s.open + s.close) / 2.0 if s.known else (open_ + close) / 2.0
    s.close = (open_ + high + low + close) / 4.0
    s.known = 1
    return s.open, max(high, s.open, s.close), min(low, s.open, s.close), s.close


@indicator
def ha() -> Node:
    return Node(
        step=_ha,
        inputs=("open", "high", "low", "close"),
        state={"open": 0.0, "close": 0.0, "known": 0},
        outputs=("open", "high", "low", "close"),
    )
