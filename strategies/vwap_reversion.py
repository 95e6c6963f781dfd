"""VWAP reversion: buy when the close comes back to within `width` average true ranges of the session's VWAP from below,
sell when it does from above.

Strength is how far it had been: the farthest excursion, as a share of twice that distance, at most 1.
Source: the intraday use of VWAP as fair value in Berkowitz, Logue, Noser, The Total Cost of Transactions on the NYSE,
Journal of Finance 43 (1988); the rule is that of Bollinger reversion with VWAP as the middle.

>>> from types import SimpleNamespace
>>> from core.compiled import interpreted
>>> from core.plain import fresh
>>> node = vwap_reversion(2.0); s, run = fresh(node), interpreted(node.step)
>>> [run(s, SimpleNamespace(**node.constants), close, 10.0, 1.0) for close in (10.0, 7.0, 7.5, 8.5, 13.0, 11.0)]
[(0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (1.0, 0.75), (0.0, 0.0), (-1.0, 0.75)]
"""

from typing import Annotated

from core.making import Positive, Range, strategy
from core.node import Constants, Node, OnGap, State, step
from indicators.atr import atr
from indicators.vwap_session import vwap_session


@step
def _vwap_reversion(s: State, p: Constants, close: float, fair: float, reach: float) -> tuple[float, float]:
    away = (close - fair) / (p.width * reach) if reach > 0.0 else 0.0
    before = s.side
    far = s.far
    s.side = 1.0 if away > 1.0 else -1.0 if away < -1.0 else 0.0
    if s.side != 0.0:
        s.far = max(far, abs(away)) if s.side == before else abs(away)
    if before in (0.0, s.side):
        return 0.0, 0.0
    return -before, min(1.0, far / 2.0)


@strategy
def vwap_reversion(
    width: Positive = 2.0, starts: Annotated[float, Range(0.0, 23.999)] = 0.0, on_gap: OnGap = "flag"
) -> Node:
    return Node(
        step=_vwap_reversion,
        inputs=("close", vwap_session(starts), atr(14)),
        state={"side": 0.0, "far": 0.0},
        constants={"width": width},
        outputs=("side", "strength"),
        on_gap=on_gap,
    )
