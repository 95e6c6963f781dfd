"""Rate of change, as a ratio in percent: the value divided by the one `period` rows ago, times 100.

0 when the value `period` rows ago was 0. Source: TA-Lib 0.8 `ROCR100`.

>>> from core.plain import over
>>> over(rocr100(2), close=[1.0, 4.0, 2.0, 5.0])
[nan, nan, 200.0, 125.0]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _rocr100(s: State, p: Constants, value: float, past: State) -> float:
    if s.n < p.period:
        s.n += 1
        return nan
    before = ago(past, p.period)
    return value / before * 100.0 if before != 0.0 else 0.0


@indicator
def rocr100(period: Period = 10, of: Series = "close") -> Node:
    return Node(
        step=_rocr100, inputs=(of, Past(of, period + 1)), state={"n": 0}, constants={"period": period}, warmup=period
    )
