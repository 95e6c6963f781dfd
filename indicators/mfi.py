"""Money flow index: an RSI of turnover, 0 to 100: how much of it came with a rising typical price.

100 · rising / (rising + falling) over `period` bars; 0 when nothing was turned over.
Source: Quong, Soudack, Volume-Weighted RSI: Money Flow, Stocks & Commodities 7 (1989); TA-Lib 0.8 `MFI`.

>>> from core.plain import over
>>> over(mfi(2), high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0], volume=[10.0, 20.0, 30.0])
[nan, nan, 100.0]
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, nan, step
from indicators.rolling_sum import rolling_sum
from indicators.typprice import typprice


@step
def _sides(s: State, _p: Constants, price: float, volume: float) -> tuple[float, float]:
    before = s.price
    s.price = price
    if not s.known:
        s.known = 1
        return nan, nan
    turned = price * volume
    return (turned if price > before else 0.0), (turned if price < before else 0.0)


@indicator
def sides() -> Node:
    """A bar's turnover, on the side the typical price went."""
    state = {"price": 0.0, "known": 0}
    return Node(step=_sides, inputs=(typprice(), "volume"), state=state, outputs=("rise", "fall"), warmup=1)


@step
def _mfi(_s: State, _p: Constants, rising: float, falling: float) -> float:
    both = rising + falling
    return 100.0 * (rising / both) if both > 0.0 else 0.0


@indicator
def mfi(period: LongPeriod = 14) -> Node:
    return Node(step=_mfi, inputs=(rolling_sum(period, sides()["rise"]), rolling_sum(period, sides()["fall"])))
