"""Percentage price oscillator: a fast average minus a slow one, in percent of the slow one.

Source: TA-Lib 0.8 `PPO`.

>>> from core.plain import over
>>> over(ppo(1, 2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 50.0, 0.0, 25.0, 0.0]
"""

from core.making import LongPeriod, Period, Series, indicator
from core.node import Constants, Node, State, step
from indicators.ma import Kind, fast_and_slow


@step
def _ppo(_s: State, _p: Constants, fast: float, slow: float) -> float:
    return (fast - slow) / slow * 100.0 if slow != 0.0 else 0.0


@indicator
def ppo(fast: Period = 12, slow: LongPeriod = 26, kind: Kind = "ema", of: Series = "close") -> Node:
    return Node(step=_ppo, inputs=fast_and_slow(kind, fast, slow, of))
