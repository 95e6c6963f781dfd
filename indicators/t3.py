"""T3: six exponential averages in a row, mixed so that lag goes and overshoot stays small.

c1·e6 + c2·e5 + c3·e4 + c4·e3, where e3 … e6 are the third to sixth EMA of EMAs, and with v = `volume_factor`
c1 = −v³, c2 = 3v² + 3v³, c3 = −6v² − 3v − 3v³, c4 = 1 + 3v + v³ + 3v².
Source: Tillson, Smoothing Techniques for More Accurate Signals, Stocks & Commodities 16 (1998); TA-Lib 0.8 `T3`.

>>> from core.plain import over
>>> over(t3(1), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[1.0, 3.0, 2.0, 5.0, 4.0]
"""

from core.making import Period, Series, Share, indicator
from core.node import Constants, Node, State, step
from indicators.ema import ema


@step
def _t3(_s: State, p: Constants, third: float, fourth: float, fifth: float, sixth: float) -> float:
    return p.c1 * sixth + p.c2 * fifth + p.c3 * fourth + p.c4 * third


@indicator
def t3(period: Period = 5, volume_factor: Share = 0.7, of: Series = "close") -> Node:
    averages = [ema(period, of)]
    for _ in range(5):
        averages.append(ema(period, averages[-1]))
    v, v2, v3 = volume_factor, volume_factor**2, volume_factor**3
    return Node(
        step=_t3,
        inputs=tuple(averages[2:]),
        constants={"c1": -v3, "c2": 3 * (v2 + v3), "c3": -6 * v2 - 3 * (v + v3), "c4": 1 + 3 * v + v3 + 3 * v2},
    )
