"""Log return: the logarithm of the value's ratio to the one before.

ln(1 + change / before), which keeps the digits of a small change; 0 where a value is not positive.
Source: Campbell, Lo, MacKinlay, The Econometrics of Financial Markets (1997), ch. 1.

>>> from core.plain import over
>>> over(log_return(), close=[1.0, 2.0, 1.0])
[nan, 0.6931471805599453, -0.6931471805599453]
"""

import math

from core.making import Series, indicator
from core.node import Constants, Node, State, nan, step


@step
def _log_return(s: State, _p: Constants, value: float) -> float:
    before = s.before
    s.before = value
    if not s.known:
        s.known = 1
        return nan
    return math.log1p((value - before) / before) if value > 0.0 and before > 0.0 else 0.0


@indicator
def log_return(of: Series = "close") -> Node:
    return Node(step=_log_return, inputs=(of,), state={"before": 0.0, "known": 0}, warmup=1)
