"""Volume-weighted moving average: the mean of the last `period` closes, each weighing its volume.

The price itself without volume. Source: TA-Lib 0.8 `VWMA`.

>>> from core.plain import over
>>> over(vwma(2), close=[2.0, 4.0, 3.0], volume=[10.0, 20.0, 30.0])
[nan, 3.3333333333333335, 3.4]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, step
from indicators.rolling_sum import rolling_sum
from indicators.turnover import turnover


@step
def _vwma(_s: State, _p: Constants, price: float, turned: float, volume: float) -> float:
    return turned / volume if volume > 0.0 else price


@indicator
def vwma(period: LongPeriod = 20, of: Series = "close") -> Node:
    inputs = (of, rolling_sum(period, turnover(of)), rolling_sum(period, "volume"))
    return Node(step=_vwma, inputs=inputs)
