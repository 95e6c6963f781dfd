"""Relative volatility index: an RSI of standard deviations, counted as rise or fall by the close, 0 to 100.

100 · u / (u + d), Wilder's averages of the deviation of the last `deviation` closes on rises and on falls; 50 when
nothing has moved. Source: Dorsey, The Relative Volatility Index, Stocks & Commodities 11 (1993); TA-Lib 0.8 `RVI`.

>>> from core.plain import over
>>> over(rvi(2, 2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 66.66666666666666, 88.88888888888889, 61.53846153846154]
"""

from core.making import LongPeriod, Period, Series, indicator
from core.node import Constants, Node, Past, State, ago, step
from indicators.rma import rma
from indicators.stddev import stddev


@step
def _sides(_s: State, _p: Constants, value: float, deviation: float, past: State) -> tuple[float, float]:
    before = ago(past, 1)
    return (deviation if value > before else 0.0), (deviation if value < before else 0.0)


@indicator
def sides(deviation: LongPeriod, of: Series) -> Node:
    """The standard deviation, on the side the value went."""
    return Node(step=_sides, inputs=(of, stddev(deviation, of), Past(of, 2)), outputs=("rise", "fall"))


@step
def _rvi(_s: State, _p: Constants, rises: float, falls: float) -> float:
    moved = rises + falls
    return 100.0 * (rises / moved) if moved > 0.0 else 50.0


@indicator
def rvi(period: Period = 14, deviation: LongPeriod = 10, of: Series = "close") -> Node:
    both = sides(deviation, of)
    return Node(step=_rvi, inputs=(rma(period, both["rise"]), rma(period, both["fall"])))
