"""VPIN: how one-sided the trading was over the last `buckets` buckets of `bucket` volume each, 0 to 1.

Trades fill buckets of the same volume one after another, and one that does not fit is split. Σ |bought − sold| /
(buckets · bucket), bought and sold by the trade's side or else the tick rule (the paper splits by the price change).
It changes when a bucket is full. Until `buckets` are full it is over those there are; until the first is, over what is
in it (0 while that is nothing). `bucket` should be about a fiftieth of a usual day's volume.
Source: Easley, López de Prado, O'Hara, Flow Toxicity and Liquidity in a High-Frequency World, Review of Financial
Studies 25 (2012).

>>> from core.plain import over
>>> over(vpin(4.0, 2), price=[10.0, 10.0, 10.0], size=[2.0, 3.0, 8.0], side=[1, -1, 1])
[1.0, 0.0, 0.75]
"""

import math
from typing import Annotated

import numpy as np

from core.making import Range, indicator
from core.node import Constants, Node, State, step
from indicators.signed_size import signed_size


@step
def _put(s: State, p: Constants, one_sided: float) -> None:
    """A full bucket in place of the oldest."""
    s.full[s.n % p.buckets] = one_sided
    s.n += 1


@step
def _mean(s: State, p: Constants) -> float:
    """The mean of the full buckets, as a share of their volume; afresh, so that no rounding stays."""
    count = min(s.n, p.buckets)
    total = 0.0
    for i in range(count):
        total += s.full[i]
    return min(total / (count * p.bucket), 1.0)


@step
def _vpin(s: State, p: Constants, size: float, signed: float) -> float:
    sign = 1.0 if signed > 0.0 else -1.0 if signed < 0.0 else 0.0
    room = p.bucket - s.filled
    if size < room:
        s.filled += size
        s.signed += signed
        if s.n == 0:
            return min(abs(s.signed) / s.filled, 1.0) if s.filled > 0.0 else 0.0
        return s.last
    _put(s, p, abs(s.signed + sign * room))
    left = (size - room) % p.bucket
    whole = math.floor(min((size - room - left) / p.bucket + 0.5, p.buckets + 0.5))
    for _ in range(whole):
        _put(s, p, abs(sign) * p.bucket)
    s.filled, s.signed = left, sign * left
    s.last = _mean(s, p)
    return s.last


@indicator
def vpin(
    bucket: Annotated[float, Range(1e-9, 1e15)] = 10_000.0, buckets: Annotated[int, Range(1, 10_000)] = 50
) -> Node:
    return Node(
        step=_vpin,
        inputs=("size", signed_size()),
        state={"filled": 0.0, "signed": 0.0, "last": 0.0, "n": 0, "full": np.zeros(buckets)},
        constants={"bucket": bucket, "buckets": buckets},
        cost="O(buckets)",
    )
