"""Acceleration bands: averages of high and low, moved out by four times the bar's relative range.

upper = SMA of high · (1 + 4r), middle = SMA of close, lower = SMA of low · (1 − 4r), r = (high − low) / (high + low).
Source: Headley, Big Trends in Trading (2002); TA-Lib 0.8 `ACCBANDS`.

>>> from core.plain import over
>>> over(accbands(2), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])[-1]
(10.4, 4.25, 0.3999999999999999)
"""

from core.making import LongPeriod, indicator
from core.node import Constants, Node, State, step
from indicators.sma import sma


@step
def _widened(_s: State, _p: Constants, high: float, low: float) -> tuple[float, float]:
    both = high + low
    wide = 4.0 * (high - low) / both if both != 0.0 else 0.0
    return high * (1.0 + wide), low * (1.0 - wide)


@indicator
def widened() -> Node:
    """High and low, moved out by the relative range."""
    return Node(step=_widened, inputs=("high", "low"), outputs=("high", "low"))


@step
def _accbands(_s: State, _p: Constants, upper: float, middle: float, lower: float) -> tuple[float, float, float]:
    return upper, middle, lower


@indicator
def accbands(period: LongPeriod = 20) -> Node:
    return Node(
        step=_accbands,
        inputs=(sma(period, widened()["high"]), sma(period), sma(period, widened()["low"])),
        outputs=("upper", "middle", "lower"),
    )
