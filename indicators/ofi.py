"""Order flow imbalance: what came to the bid and left the ask, less the opposite, over the last `period` quotes.

A quote counts e = (bid ≥ last bid ? bid size : 0) − (bid ≤ last bid ? last bid size : 0)
− (ask ≤ last ask ? ask size : 0) + (ask ≥ last ask ? last ask size : 0); the value is the sum of `period` of them.
A quote with an empty side (price or size 0) counts 0, and the next is compared with the last full one.
Source: Cont, Kukanov, Stoikov, The Price Impact of Order Book Events, Journal of Financial Econometrics 12 (2014).

>>> from core.plain import over
>>> sizes = {"bid_size": [3.0, 5.0, 4.0], "ask_size": [2.0, 1.0, 6.0]}
>>> over(ofi(2), bid=[10.0, 10.0, 11.0], ask=[12.0, 12.0, 13.0], **sizes)
[nan, nan, 8.0]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, nan, step
from indicators.rolling_sum import rolling_sum


@step
def _came(price: float, size: float, last: float, last_size: float) -> float:
    """What came to a bid."""
    return (size if price >= last else 0.0) - (last_size if price <= last else 0.0)


@step
def _book_change(s: State, _p: Constants, bid: float, bid_size: float, ask: float, ask_size: float) -> float:
    change = 0.0
    if min(bid, ask) > 0.0 and min(bid_size, ask_size) > 0.0:
        if s.bid > 0.0:
            change = _came(bid, bid_size, s.bid, s.bid_size) - _came(-ask, ask_size, -s.ask, s.ask_size)
        s.bid, s.bid_size, s.ask, s.ask_size = bid, bid_size, ask, ask_size
    s.n += 1
    return change if s.n > 1 else nan


@indicator
def book_change() -> Node:
    """What one quote adds to the order flow imbalance."""
    return Node(
        step=_book_change,
        inputs=("bid", "bid_size", "ask", "ask_size"),
        state={"bid": 0.0, "bid_size": 0.0, "ask": 0.0, "ask_size": 0.0, "n": 0},
        warmup=1,
    )


@step
def _ofi(_s: State, _p: Constants, total: float) -> float:
    return total


@indicator
def ofi(period: Period = 100) -> Node:
    return Node(step=_ofi, inputs=(rolling_sum(period, book_change()),))
