"""Rate of change: the change over the last `period` values, in percent.

0 when the value `period` rows ago was 0. Source: TA-Lib 0.8 `ROC`.

>>> from core.plain import over
>>> over(roc(2), close=[1.0, 4.0, 2.0, 5.0])
[nan, nan, 100.0, 25.0]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _roc(s: State, p: Constants, value: float, past: State) -> float:
    if s.n < p.period:
        s.n += 1
        return nan
    before = ago(past, p.period)
    return (value / before - 1.0) * 100.0 if before != 0.0 else 0.0


@indicator
def roc(period: Period = 10, of: Series = "close") -> Node:
    return Node(
        step=_roc, inputs=(of, Past(of, period + 1)), state={"n": 0}, constants={"period": period}, warmup=period
    )
