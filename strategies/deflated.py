"""Deflated: how much is left of the best of many Sharpe ratios, once it is said how many were tried.

The best of many is above what it is worth, for it was chosen for being high. Sources: Bailey and López de Prado, The
Deflated Sharpe Ratio, Journal of Portfolio Management 40 (2014), its appendix 3 for trials that are alike; Bailey,
Borwein, López de Prado and Zhu, The Probability of Backtest Overfitting, Journal of Computational Finance 20 (2017).

The example of the first: 2.5 a year over 1,250 days, the best of 100 whose variance is 1/2 a year.

>>> variance, trials = 0.5 / 250, 100
>>> round(expected_maximum(trials, variance), 4)
0.1132
>>> round(deflated(2.5 / 250**0.5, 1250, -3.0, 10.0, expected_maximum(trials, variance)), 4)
0.9004
"""

import itertools
import math
from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_NORMAL = NormalDist()
_EULER = 0.5772156649015329  # the constant of Euler and Mascheroni
_COMBINATIONS = 2_000


def expected_maximum(trials: float, variance: float) -> float:
    """How high the best Sharpe ratio of so many independent trials is where none is worth anything.

    `variance` is that of the trials' ratios among each other; ratios are a return, not a year.
    """
    if trials <= 1:
        return 0.0
    high, higher = _NORMAL.inv_cdf(1 - 1 / trials), _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return max(0.0, math.sqrt(variance) * ((1 - _EULER) * high + _EULER * higher))


def deflated(ratio: float, count: int, skew: float, kurtosis: float, above: float) -> float:
    """How probable it is that the true Sharpe ratio behind this one is higher than `above`, the expected maximum of as
    many trials as were made; it is of so many returns of this skewness and kurtosis (3 when normal)."""
    wide = 1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2
    if wide <= 0 or count < 2:
        return 0.0
    return _NORMAL.cdf((ratio - above) * math.sqrt(count - 1) / math.sqrt(wide))


def independent(parts: Numbers) -> float:
    """How many independent trials so many come to, by how alike they are on average.

    `parts`: a row a trial, its returns in some parts of the time one after another.
    """
    trials = len(parts)
    spread = parts.std(axis=1)
    moved = parts[spread > 0]
    if len(moved) < 2:
        return float(min(trials, 1))
    standard = (moved - moved.mean(axis=1, keepdims=True)) / spread[spread > 0][:, None]
    together = float(np.mean(standard.mean(axis=0) ** 2))  # of all pairs' correlations, their own ones included
    alike = (len(moved) * together - 1) / (len(moved) - 1)
    return trials - (trials - 1) * min(max(alike, 0.0), 1.0)


def overfitting(parts: Numbers, squares: Numbers, long: int) -> float | None:
    """How often the best of one half of the time is in the lower half of all in the other: by combinatorially symmetric
    cross-validation. None of fewer than two trials.

    `parts`, `squares`: a row a trial, the sums of its returns and of their squares in parts of so `long` each.
    """
    trials, count = parts.shape
    if trials < 2 or count < 2:
        return None
    low = total = 0
    for chosen in _halves(count):
        one, other = (_ratios(parts, squares, half, long) for half in (chosen, ~chosen))
        best = int(np.argmax(one))
        below = np.count_nonzero(other < other[best]) + 0.5 * np.count_nonzero(other == other[best]) + 0.5
        low += bool(below / (trials + 1) <= 0.5)
        total += 1
    return low / total


def _halves(count: int) -> Iterator[NDArray[np.bool_]]:
    """Every way to choose half of so many, or, where there are very many, some of them by chance."""
    if math.comb(count, count // 2) <= _COMBINATIONS:
        for chosen in itertools.combinations(range(count), count // 2):
            yield np.isin(np.arange(count), chosen)
        return
    random, half = np.random.default_rng(0), np.arange(count) < count // 2
    for _ in range(_COMBINATIONS):
        yield random.permuted(half)


def _ratios(parts: Numbers, squares: Numbers, half: NDArray[np.bool_], long: int) -> Numbers:
    count = int(half.sum()) * long
    mean = parts @ half / count
    variance = np.maximum(squares @ half / count - mean**2, 0.0)
    return np.where(variance > 0, mean / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)
