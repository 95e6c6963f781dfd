"""Age of the lowest: how many rows ago the lowest of the last `period` values was; 0 is now.

Of equal values the newest counts. Source: TA-Lib 0.8 `MININDEX`, which gives the same as a place in the series.

>>> from core.plain import over
>>> over(lowest_age(3), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 2.0, 1.0, 2.0]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.extreme import extreme


@step
def _lowest_age(_s: State, _p: Constants, age: float) -> float:
    return age


@indicator
def lowest_age(period: Period = 30, of: Series = "close") -> Node:
    return Node(step=_lowest_age, inputs=(extreme(period, "low", of)["age"],))
