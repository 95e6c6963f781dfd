"""Moving average of a kind one can choose.

`kind` is one of sma, ema, wma, dema, tema, trima, kama, t3, rma. Source: TA-Lib 0.8 `MA`.

>>> from core.plain import over
>>> over(ma(2, "wma"), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, 2.3333333333333335, 2.3333333333333335, 4.0, 4.333333333333333]
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

from core.errors import BadInput
from core.making import Lag, Period, Series, indicator
from core.node import Constants, Input, Node, State, nan, step
from indicators.dema import dema
from indicators.ema import ema
from indicators.kama import kama
from indicators.rma import rma
from indicators.sma import sma
from indicators.t3 import t3
from indicators.tema import tema
from indicators.trima import trima
from indicators.wma import wma

Kind: TypeAlias = Literal["sma", "ema", "wma", "dema", "tema", "trima", "kama", "t3", "rma"]

_MAKERS: dict[str, Callable[..., Node]] = {
    "sma": sma,
    "ema": ema,
    "wma": wma,
    "dema": dema,
    "tema": tema,
    "trima": trima,
    "kama": kama,
    "t3": t3,
    "rma": rma,
}


@step
def _late(s: State, p: Constants, value: float) -> float:
    if s.n < p.rows:
        s.n += 1
        return nan
    return value


@indicator
def late(rows: Lag, of: Series) -> Node:
    """The values but the first `rows`."""
    return Node(step=_late, inputs=(of,), state={"n": 0}, constants={"rows": rows}, warmup=rows)


def averaged(kind: Kind, period: int, of: Input) -> Node:
    """The moving average of this kind; of one value it is the value."""
    return _MAKERS["sma" if period == 1 else kind](period, of=of)


def fast_and_slow(kind: Kind, fast: int, slow: int, of: Input) -> tuple[Node, Node]:
    """A fast and a slow average; BadInput when the fast one is not faster."""
    if fast >= slow:
        raise BadInput(f"fast must be less than slow ({slow}), was {fast}")
    return averaged(kind, fast, of), averaged(kind, slow, of)


@step
def _ma(_s: State, _p: Constants, mean: float) -> float:
    return mean


@indicator
def ma(period: Period = 30, kind: Kind = "sma", of: Series = "close") -> Node:
    return Node(step=_ma, inputs=(averaged(kind, period, of),))
