"""Momentum: the change over the last `period` values.

Source: TA-Lib 0.8 `MOM`.

>>> from core.plain import over
>>> over(mom(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 1.0, 2.0, 2.0]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, Past, State, ago, nan, step


@step
def _mom(s: State, p: Constants, value: float, past: State) -> float:
    if s.n < p.period:
        s.n += 1
        return nan
    return value - ago(past, p.period)


@indicator
def mom(period: Period = 10, of: Series = "close") -> Node:
    return Node(
        step=_mom, inputs=(of, Past(of, period + 1)), state={"n": 0}, constants={"period": period}, warmup=period
    )
