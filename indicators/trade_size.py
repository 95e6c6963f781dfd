"""Trade size: the mean size of the last `period` trades.

Source: the mean, Σ size / period; Harris, Trading and Exchanges (2003), on what it tells of who trades.

>>> from core.plain import over
>>> over(trade_size(2), size=[1.0, 3.0, 6.0])
[nan, 2.0, 4.5]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.rolling_sum import rolling_sum


@step
def _trade_size(_s: State, p: Constants, total: float) -> float:
    return total / p.period


@indicator
def trade_size(period: Period = 100) -> Node:
    return Node(step=_trade_size, inputs=(rolling_sum(period, "size"),), constants={"period": period})
