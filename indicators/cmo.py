"""Chande momentum oscillator: gains minus losses as a share of both, −100 to 100, averaged the Wilder way.

100 · (g − l) / (g + l), with the averages of the RSI, as TA-Lib has it (Chande himself summed: see `cmou`); 0 when
nothing has moved. Source: Chande, Kroll, The New Technical Trader (1994); TA-Lib 0.8 `CMO`.

>>> from core.plain import over
>>> over(cmo(2), close=[1.0, 3.0, 2.0, 5.0, 4.0])
[nan, nan, 33.33333333333333, 77.77777777777779, 23.076923076923077]
"""

from core.making import LongPeriod, Series, indicator
from core.node import Constants, Node, State, nan, step

_TINY = 1e-290


@step
def _cmo(s: State, p: Constants, value: float) -> float:
    change = value - s.previous
    s.previous = value
    s.n += 1
    if s.n == 1:
        return nan
    gain = change if change > 0.0 else 0.0
    loss = -change if change < 0.0 else 0.0
    if s.n <= p.period + 1:
        s.gain += gain / p.period
        s.loss += loss / p.period
        if s.n <= p.period:
            return nan
    else:
        s.gain = (s.gain * (p.period - 1) + gain) / p.period
        s.loss = (s.loss * (p.period - 1) + loss) / p.period
        if s.gain < _TINY:
            s.gain = 0.0
        if s.loss < _TINY:
            s.loss = 0.0
    moved = s.gain + s.loss
    return 100.0 * ((s.gain - s.loss) / moved) if moved > 0.0 else 0.0


@indicator
def cmo(period: LongPeriod = 14, of: Series = "close") -> Node:
    return Node(
        step=_cmo,
        inputs=(of,),
        state={"previous": 0.0, "gain": 0.0, "loss": 0.0, "n": 0},
        constants={"period": period},
        warmup=period,
    )
