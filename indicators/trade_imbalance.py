"""Trade imbalance: what was bought less what was sold, as a share of all, over the last `period` trades.

Σ signed size / Σ size, −1 to 1, signed by the trade's side or else the tick rule; 0 when all sizes are 0.
Source: Chordia, Roll, Subrahmanyam, Order Imbalance, Liquidity, and Market Returns, Journal of Financial Economics 65
(2002); Lee, Ready, Inferring Trade Direction from Intraday Data, Journal of Finance 46 (1991).

>>> from core.plain import over
>>> over(trade_imbalance(2), price=[10.0, 10.0, 10.0], size=[1.0, 3.0, 5.0], side=[1, -1, -1])
[nan, -0.5, -1.0]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.rolling_sum import rolling_sum
from indicators.signed_size import signed_size


@step
def _trade_imbalance(_s: State, _p: Constants, signed: float, total: float) -> float:
    return min(max(signed / total, -1.0), 1.0) if total > 0.0 else 0.0


@indicator
def trade_imbalance(period: Period = 100) -> Node:
    return Node(step=_trade_imbalance, inputs=(rolling_sum(period, signed_size()), rolling_sum(period, "size")))
