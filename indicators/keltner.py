"""Keltner channel: an exponential average of the typical price, and `width` average true ranges above and below it.

Both averages are ready at the same bar: the one that needs fewer bars begins late, as in TA-Lib.
Source: Keltner, How to Make Money in Commodities (1960), as changed by Raschke; TA-Lib 0.8 `KC`.

>>> from core.plain import over
>>> over(keltner(2, 1, 2.0), high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0])[-1]
(8.277777777777779, 4.277777777777778, 0.2777777777777777)
"""

from core.making import Factor, Period, indicator
from core.node import Constants, Node, State, step
from indicators.ema import ema
from indicators.ma import late
from indicators.rma import rma
from indicators.trange import trange
from indicators.typprice import typprice


@step
def _keltner(_s: State, p: Constants, middle: float, reach: float) -> tuple[float, float, float]:
    return middle + p.width * reach, middle, middle - p.width * reach


@indicator
def keltner(period: Period = 20, atr_period: Period = 10, width: Factor = 2.0) -> Node:
    middle, reach = ema(period), rma(atr_period, trange())
    ready = max(middle.ready_after, reach.ready_after)
    ranges = late(ready - reach.ready_after, trange())
    return Node(
        step=_keltner,
        inputs=(ema(period, late(ready - middle.ready_after, typprice())), rma(atr_period, ranges)),
        constants={"width": width},
        outputs=("upper", "middle", "lower"),
    )
