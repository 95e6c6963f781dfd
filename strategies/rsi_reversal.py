"""RSI reversal: buy when the index climbs back out of oversold, sell when it falls back out of overbought.

Strength is how deep it had been: the farthest excursion beyond the line, as a share of all there is beyond it.
Source: Wilder, New Concepts in Technical Trading Systems (1978), section on RSI tops and bottoms.

>>> from core.node import fresh, interpreted
>>> from types import SimpleNamespace as Row
>>> node = rsi_reversal(); s, run = fresh(node), interpreted(node.step)
>>> [run(s, Row(), value) for value in (50.0, 15.0, 25.0, 31.0, 40.0)]
[(0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (1.0, 0.5), (0.0, 0.0)]
"""

from core.errors import BadInput
from core.node import Node, Row, State, step, whole, within
from indicators.rsi import rsi


@step
def _rsi_reversal(s: State, x: Row, index: float) -> tuple[float, float]:  # noqa: ARG001 every step takes its row
    bottom = s.bottom
    top = s.top
    if index < s.low:
        s.bottom = min(bottom, index)
    elif index > s.high:
        s.top = max(top, index)
    if bottom < s.low and index >= s.low:
        s.bottom = s.low
        return 1.0, (s.low - bottom) / s.low
    if top > s.high and index <= s.high:
        s.top = s.high
        return -1.0, (top - s.high) / (100.0 - s.high)
    return 0.0, 0.0


def rsi_reversal(period: int = 14, low: float = 30.0, high: float = 70.0) -> Node:
    whole("period", period, at_least=2)
    low, high = within("low", low, 1.0, 99.0), within("high", high, 1.0, 99.0)
    if low >= high:
        raise BadInput(f"low must be less than high ({high:g}), was {low:g}")
    return Node(
        name=f"rsi_reversal_{period}_{low:g}_{high:g}".replace(".", "p"),
        step=_rsi_reversal,
        state={"low": low, "high": high, "bottom": low, "top": high},
        needs=(rsi(period),),
        outputs=("side", "strength"),
        call=f"rsi_reversal({period}, {low}, {high})",
        about="Buys when the RSI climbs back over its lower line, sells when it falls back under its upper one",
        kind="strategy",
    )
