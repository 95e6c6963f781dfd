"""Rolling VWAP: the mean price of all that was traded in the last `period` bars.

Made from each bar's own vwap. The price itself without volume.
Source: Berkowitz, Logue, Noser, The Total Cost of Transactions on the NYSE, Journal of Finance 43 (1988).

>>> from core.plain import over
>>> over(vwap_rolling(2), vwap=[2.0, 4.0, 3.0], volume=[10.0, 20.0, 30.0])
[nan, 3.3333333333333335, 3.4]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.rolling_sum import rolling_sum
from indicators.turnover import turnover


@step
def _vwap_rolling(_s: State, _p: Constants, price: float, turned: float, volume: float) -> float:
    return turned / volume if volume > 0.0 else price


@indicator
def vwap_rolling(period: LongPeriod = 20) -> Node:
    inputs = ("vwap", rolling_sum(period, turnover("vwap")), rolling_sum(period, "volume"))
    return Node(step=_vwap_rolling, inputs=inputs)
