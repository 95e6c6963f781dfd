"""Trade rate: trades a second, over the last `period` trades.

period / (time of this trade − time of the trade `period` before it). While that is no time at all the last rate stays;
0 before there is one. Source: Engle, Russell, Autoregressive Conditional Duration, Econometrica 66 (1998).

>>> from core.plain import over
>>> over(trade_rate(2), ts_trade=[0, 250_000_000, 1_000_000_000, 1_250_000_000])
[nan, nan, 2.0, 2.0]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, nan, step
from indicators.rolling_sum import rolling_sum

_NANO = 1e-9


@step
def _trade_gap(s: State, _p: Constants, ts_trade: int) -> float:
    gap = (ts_trade - s.last) * _NANO
    s.last = ts_trade
    s.n += 1
    return gap if s.n > 1 else nan


@indicator
def trade_gap() -> Node:
    """The seconds since the trade before."""
    return Node(step=_trade_gap, inputs=("ts_trade",), state={"last": 0, "n": 0}, warmup=1)


@step
def _trade_rate(s: State, p: Constants, seconds: float) -> float:
    if seconds > 0.0:
        s.last = p.period / seconds
    return s.last


@indicator
def trade_rate(period: Period = 100) -> Node:
    inputs = (rolling_sum(period, trade_gap()),)
    return Node(step=_trade_rate, inputs=inputs, state={"last": 0.0}, constants={"period": period})
