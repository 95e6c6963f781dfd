"""Parabolic SAR: a stop that follows the trend ever faster, and turns with it.

stop ← stop + a · (extreme − stop), a growing by `acceleration` at every new extreme up to `maximum`; never inside the
range of the last two bars. The first direction is that of the first directional movement.
Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib 0.8 `SAR`.

>>> from core.plain import over
>>> over(sar(), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[nan, 1.0, 1.08, 1.2768000000000002]
"""

from core.making import Share, indicator
from core.node import Constants, Node, State, nan, step


@step
def _begin(s: State, p: Constants, high: float, low: float) -> None:
    fell = s.low - low
    s.rising = 0 if fell > 0.0 and fell > high - s.high else 1
    s.factor = p.acceleration
    s.extreme = high if s.rising else low
    s.stop = s.low if s.rising else s.high
    s.high, s.low = high, low


@step
def _turn(s: State, p: Constants, high: float, low: float) -> float:
    """Turn round at this bar; the stop to show for it."""
    shown = max(s.extreme, s.high, high) if s.rising else min(s.extreme, s.low, low)
    s.rising = 1 - s.rising
    s.factor = p.acceleration
    s.extreme = high if s.rising else low
    _follow(s, high, low, shown)
    return shown


@step
def _follow(s: State, high: float, low: float, stop: float) -> None:
    """The stop for the next bar."""
    stop = stop + s.factor * (s.extreme - stop)
    s.stop = min(stop, s.low, low) if s.rising else max(stop, s.high, high)


@step
def _sar(s: State, p: Constants, high: float, low: float) -> float:
    s.n += 1
    if s.n == 1:
        s.high, s.low = high, low
        return nan
    if s.n == 2:
        _begin(s, p, high, low)
    if (s.rising and low <= s.stop) or (not s.rising and high >= s.stop):
        shown = _turn(s, p, high, low)
    else:
        shown = s.stop
        if s.rising and high > s.extreme:
            s.extreme = high
            s.factor = min(s.factor + p.acceleration, p.maximum)
        elif not s.rising and low < s.extreme:
            s.extreme = low
            s.factor = min(s.factor + p.acceleration, p.maximum)
        _follow(s, high, low, shown)
    s.high, s.low = high, low
    return shown


@indicator
def sar(acceleration: Share = 0.02, maximum: Share = 0.2) -> Node:
    state = {"high": 0.0, "low": 0.0, "stop": 0.0, "extreme": 0.0, "factor": 0.0, "rising": 0, "n": 0}
    return Node(
        step=_sar,
        inputs=("high", "low"),
        state=state,
        constants={"acceleration": min(acceleration, maximum), "maximum": maximum},
        warmup=1,
    )
