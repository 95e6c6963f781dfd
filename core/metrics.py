"""Latency histogram: geometric buckets in one small array, so that recording allocates nothing that grows."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

_FIRST = 1_000.0  # 1 µs in nanoseconds: the upper bound of the first bucket
_RATIO = 10 ** (1 / 20)  # 20 buckets a decade: a quantile is right to 12 %
_COUNT = 181  # 1 µs … 1000 s, and one for what is above


class Histogram:
    """Counts of durations in nanoseconds; quantiles are the upper bound of the bucket they fall in."""

    def __init__(self) -> None:
        self.counts = np.zeros(_COUNT + 1, dtype=np.int64)
        self.total = 0.0

    def record(self, nanoseconds: ArrayLike) -> None:
        """Add one duration or many. Negative ones (two clocks that differ) count as the smallest."""
        spans = np.atleast_1d(np.asarray(nanoseconds, dtype=np.float64))
        steps = np.log(np.maximum(spans, _FIRST) / _FIRST) / np.log(_RATIO)
        index = np.minimum(np.ceil(steps - 1e-9).astype(np.int64), _COUNT)
        np.add.at(self.counts, index, 1)
        self.total += float(spans.sum())

    @property
    def count(self) -> int:
        return int(self.counts.sum())

    def quantile(self, q: float) -> float:
        """Nanoseconds that a share `q` (0..1) of the durations did not exceed; NaN when there are none."""
        if not self.count:
            return float("nan")
        rank = int(np.searchsorted(np.cumsum(self.counts), q * self.count, side="left"))
        return float(_FIRST * _RATIO**rank)

    def buckets(self) -> Iterator[tuple[float, int]]:
        """(upper bound in seconds, cumulative count), four bounds a decade, as Prometheus wants them."""
        cumulative = np.cumsum(self.counts)
        for index in range(0, _COUNT, 5):
            yield _FIRST * _RATIO**index / 1e9, int(cumulative[index])
