"""Balance of power: where the close stands against the open, as a share of the bar's range, −1 to 1.

(close − open) / (high − low); 0 for a bar without a range. Source: Livshin, Balance of Power, Stocks & Commodities 19
(2001); TA-Lib 0.8 `BOP`.

>>> from core.plain import over
>>> over(bop(), open=[1.5, 2.0, 4.5], high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0])
[0.25, 0.6666666666666666, 0.25]
"""

from core.making import indicator
from core.node import Constants, Node, State, step

_NOTHING = 1e-14


@step
def _bop(_s: State, _p: Constants, open_: float, high: float, low: float, close: float) -> float:
    reach = high - low
    return (close - open_) / reach if reach >= _NOTHING else 0.0


@indicator
def bop() -> Node:
    return Node(step=_bop, inputs=("open", "high", "low", "close"))
