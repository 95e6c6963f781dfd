"""Average true range: how far a price moves in a bar, gaps included, averaged Wilder's way.

True range = max(high, previous close) − min(low, previous close). The first value is the mean of `period` true
ranges, then mean ← (mean · (period − 1) + range) / period.
Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `ATR`.

>>> from core.node import fresh, interpreted
>>> from types import SimpleNamespace as Row
>>> node = atr(1); s, run = fresh(node), interpreted(node.step)
>>> [run(s, Row(high=h, low=l, close=c)) for h, l, c in ((3.0, 1.0, 2.0), (5.0, 4.0, 4.5))]
[nan, 3.0]
"""

from core.node import Node, Row, State, nan, step, whole

_TINY = 1e-290  # see rsi.py: keeps a price that stands still out of the denormals


@step
def _atr(s: State, x: Row) -> float:
    reach = max(x.high, s.previous) - min(x.low, s.previous)
    s.previous = x.close
    s.n += 1
    if s.n == 1:
        return nan
    if s.n <= s.period + 1:
        s.mean += reach / s.period
        return s.mean if s.n == s.period + 1 else nan
    s.mean = (s.mean * (s.period - 1) + reach) / s.period
    if s.mean < _TINY:
        s.mean = 0.0
    return s.mean  # type: ignore[no-any-return]


def atr(period: int = 14) -> Node:
    whole("period", period)
    return Node(
        name=f"atr_{period}",
        step=_atr,
        state={"period": period, "previous": 0.0, "mean": 0.0, "n": 0},
        warmup=period,
        call=f"atr({period})",
        about="Average true range, in price units",
    )
