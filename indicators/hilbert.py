"""Hilbert transform of the smoothed price: its two parts a quarter of a cycle apart, and the period of the cycle.

The value is smoothed by a weighted average of 4, detrended and split by a four-tap transform whose reach follows the
period found so far; the period comes from the phase's change between rows, within 6 and 50 rows, and is smoothed twice.
Even and odd rows keep transforms of their own. The transform begins after `skip` values.
Source: Ehlers, Rocket Science for Traders (2001), ch. 6 and 7; TA-Lib 0.8 `HT_DCPERIOD`, `HT_PHASOR`.

>>> from core.plain import over
>>> over(hilbert(), close=[100.0 + (i % 8) for i in range(16)])[-1]
(106.0, 5.350644, 6.658346468878043, 3.5424000000000007, 2.2554508680000005)
"""

import math
from typing import Annotated

import numpy as np

from core.making import Range, Series, indicator
from core.node import Constants, Node, State, nan, step

_A, _B = 0.0962, 0.5769
_DEGREES = 180.0 / math.pi


@step
def _transform(s: State, part: int, value: float, reach: float) -> float:
    """One of four transforms, of this row's parity."""
    base = (s.parity * 4 + part) * 5
    at = base + s.at
    scaled = _A * value
    found = scaled - s.taps[at]
    s.taps[at] = scaled
    found -= s.taps[base + 3]
    s.taps[base + 3] = _B * s.taps[base + 4]
    found += s.taps[base + 3]
    s.taps[base + 4] = value
    return found * reach


@step
def _period(s: State, i2: float, q2: float) -> None:
    """The period, from how the phase turned."""
    s.re = 0.2 * (i2 * s.i2 + q2 * s.q2) + 0.8 * s.re
    s.im = 0.2 * (i2 * s.q2 - q2 * s.i2) + 0.8 * s.im
    s.i2, s.q2 = i2, q2
    before = s.period
    if s.im != 0.0 and s.re != 0.0:
        s.period = 360.0 / (math.atan(s.im / s.re) * _DEGREES)
    s.period = min(s.period, 1.5 * before)
    s.period = max(s.period, 0.67 * before)
    s.period = 0.2 * min(max(s.period, 6.0), 50.0) + 0.8 * before
    s.smooth = 0.33 * s.period + 0.67 * s.smooth


@step
def _smoothed(s: State, value: float) -> float:
    """The weighted mean of the last four values."""
    s.w3, s.w2, s.w1, s.w0 = s.w2, s.w1, s.w0, value
    return (4.0 * s.w0 + 3.0 * s.w1 + 2.0 * s.w2 + s.w3) / 10.0


@step
def _hilbert(s: State, p: Constants, value: float) -> tuple[float, float, float, float, float]:
    price = _smoothed(s, value)
    s.n += 1
    if s.n <= p.skip:
        return nan, nan, nan, nan, nan
    s.parity = (s.n - 1) % 2
    reach = 0.075 * s.period + 0.54
    detrended = _transform(s, 0, price, reach)
    quadrature = _transform(s, 1, detrended, reach)
    inphase = s.d3
    ahead_i = _transform(s, 2, inphase, reach)
    ahead_q = _transform(s, 3, quadrature, reach)
    if s.parity == 0:
        s.at = (s.at + 1) % 3
    s.d3, s.d2, s.d1 = s.d2, s.d1, detrended
    _period(s, 0.2 * (inphase - ahead_q) + 0.8 * s.i2, 0.2 * (quadrature + ahead_i) + 0.8 * s.q2)
    return price, inphase, quadrature, s.period, s.smooth


@indicator
def hilbert(skip: Annotated[int, Range(4, 1000)] = 12, of: Series = "close") -> Node:
    numbers = ("w0", "w1", "w2", "w3", "d1", "d2", "d3", "re", "im", "i2", "q2", "period", "smooth")
    return Node(
        step=_hilbert,
        inputs=(of,),
        state={"taps": np.zeros(40), **dict.fromkeys(numbers, 0.0), "n": 0, "parity": 0, "at": 0},
        constants={"skip": skip},
        outputs=("price", "inphase", "quadrature", "period", "smooth"),
        warmup=skip,
    )
