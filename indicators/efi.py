"""Elder's force index: the change of the close times the volume, averaged exponentially.

Source: Elder, Trading for a Living (1993); TA-Lib 0.8 `EFI`.

>>> from core.plain import over
>>> over(efi(1), close=[2.0, 4.0, 3.0], volume=[10.0, 20.0, 30.0])
[nan, 40.0, -30.0]
"""

from core.making import Period, indicator
from core.node import Constants, Node, State, step
from indicators.ema import ema
from indicators.mom import mom


@step
def _force(_s: State, _p: Constants, change: float, volume: float) -> float:
    return change * volume


@indicator
def force() -> Node:
    """The change of the close times the volume."""
    return Node(step=_force, inputs=(mom(1), "volume"))


@step
def _efi(_s: State, _p: Constants, mean: float) -> float:
    return mean


@indicator
def efi(period: Period = 13) -> Node:
    return Node(step=_efi, inputs=(ema(period, force()),))
