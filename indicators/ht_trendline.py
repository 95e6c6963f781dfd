"""Instantaneous trendline: the price averaged over its strongest cycle, so that the cycle goes and the trend stays.

(4 · mean + 3 · last mean + 2 · the one before + the one before that) / 10: O(period of the cycle), 50 at most.
Source: Ehlers, Rocket Science for Traders (2001), ch. 10; TA-Lib 0.8 `HT_TRENDLINE`.

>>> from core.plain import over
>>> over(ht_trendline(), close=[100.0 + (i % 8) for i in range(70)])[-1]
103.48661538461538
"""

from core.making import Series, indicator
from core.node import Constants, Node, Past, State, ago, step
from indicators.hilbert import hilbert
from indicators.ma import late


@step
def _trend(s: State, _p: Constants, smooth: float, past: State) -> float:
    rows = int(smooth + 0.5)
    mean = 0.0
    for i in range(rows):
        mean += ago(past, i)
    if rows > 0:
        mean /= rows
    line = (4.0 * mean + 3.0 * s.first + 2.0 * s.second + s.third) / 10.0
    s.third, s.second, s.first = s.second, s.first, mean
    return line


@indicator
def trend(of: Series) -> Node:
    """The line from the first row the transform gives on, when it still settles."""
    state = {"first": 0.0, "second": 0.0, "third": 0.0}
    return Node(step=_trend, inputs=(hilbert(37, of)["smooth"], Past(of, 50)), state=state)


@step
def _ht_trendline(_s: State, _p: Constants, line: float) -> float:
    return line


@indicator
def ht_trendline(of: Series = "close") -> Node:
    return Node(step=_ht_trendline, inputs=(late(26, trend(of)),), cost="O(period of the cycle)")
