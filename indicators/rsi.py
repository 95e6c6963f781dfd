"""Relative strength index: the share of gains in the recent movement, 0 to 100.

100 · g / (g + l), g and l being Wilder's averages of rises and falls: the simple mean of the first `period`
changes, then mean ← (mean · (period − 1) + change) / period. 0 when nothing has moved, as in TA-Lib.
Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `RSI`.

>>> from core.node import fresh, interpreted
>>> from types import SimpleNamespace as Row
>>> node = rsi(2); s, run = fresh(node), interpreted(node.step)
>>> [run(s, Row(close=c)) for c in (1.0, 3.0, 2.0, 2.0)]
[nan, nan, 66.66666666666666, 66.66666666666666]
"""

from core.node import Node, Row, State, nan, step, whole

_TINY = 1e-290  # a price that stops moving halves the averages into denormals, which are 3 times slower


@step
def _rsi(s: State, x: Row) -> float:
    change = x.close - s.previous
    s.previous = x.close
    s.n += 1
    if s.n == 1:
        return nan
    gain = max(change, 0.0)
    loss = max(-change, 0.0)
    if s.n <= s.period + 1:
        s.gain += gain / s.period
        s.loss += loss / s.period
    else:
        s.gain = (s.gain * (s.period - 1) + gain) / s.period
        s.loss = (s.loss * (s.period - 1) + loss) / s.period
    if s.gain < _TINY:
        s.gain = 0.0
    if s.loss < _TINY:
        s.loss = 0.0
    if s.n <= s.period:
        return nan
    moved = s.gain + s.loss
    return 100.0 * (s.gain / moved) if moved > 0.0 else 0.0


def rsi(period: int = 14) -> Node:
    whole("period", period, at_least=2)
    return Node(
        name=f"rsi_{period}",
        step=_rsi,
        state={"period": period, "previous": 0.0, "gain": 0.0, "loss": 0.0, "n": 0},
        warmup=period,
        call=f"rsi({period})",
        about="Relative strength index of the close, 0 to 100",
    )
