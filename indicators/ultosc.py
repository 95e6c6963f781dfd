"""Ultimate oscillator: buying pressure as a share of the true range, over three periods at once, 0 to 100.

100 · (4 · share(short) + 2 · share(medium) + share(long)) / 7; a share is 0 where nothing has moved.
Source: Williams, The Ultimate Oscillator, Stocks & Commodities 3 (1985); TA-Lib 0.8 `ULTOSC`.

>>> from core.plain import over
>>> over(ultosc(1, 2, 3), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, nan, nan, 32.142857142857146]
"""

from core.errors import BadInput
from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.buying import buying
from indicators.rolling_sum import rolling_sum


@step
def _share(pressure: float, reach: float) -> float:
    return pressure / reach if abs(reach) >= 1e-14 else 0.0


@step
def _ultosc(_s: State, _p: Constants, p1: float, r1: float, p2: float, r2: float, p3: float, r3: float) -> float:
    return 100.0 * ((4.0 * _share(p1, r1) + 2.0 * _share(p2, r2) + _share(p3, r3)) / 7.0)


@indicator
def ultosc(short: Period = 7, medium: Period = 14, long: Period = 28) -> Node:
    if not short < medium < long:
        raise BadInput(f"short, medium and long must rise, were {short}, {medium}, {long}")
    both = buying()
    inputs = [rolling_sum(n, both[side]) for n in (short, medium, long) for side in ("pressure", "reach")]
    return Node(step=_ultosc, inputs=tuple(inputs))
