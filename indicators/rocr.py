"""Rate of change, as a ratio: the value divided by the one `period` rows ago.

0 when the value `period` rows ago was 0. Source: TA-Lib 0.8 `ROCR`.

>>> from core.plain import over
>>> over(rocr(2), close=[1.0, 4.0, 2.0, 5.0])
[nan, nan, 2.0, 1.25]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _rocr(s: State, p: Constants, value: float, past: State) -> float:
    if s.n < p.period:
        s.n += 1
        return nan
    before = ago(past, p.period)
    return value / before if before != 0.0 else 0.0


@indicator
def rocr(period: Period = 10, of: Series = "close") -> Node:
    return Node(
        step=_rocr, inputs=(of, Past(of, period + 1)), state={"n": 0}, constants={"period": period}, warmup=period
    )
