"""The rolling sum, which many indicators stand on: large values that have left leave nothing behind."""

import math

import numpy as np
import pytest

from core.plain import over
from indicators import rolling_sum

_QUIET = np.random.default_rng(5).random(200) * 0.05
SERIES = {
    "one after another": [1e9, 3e5, 100.0, *_QUIET],
    "up and down": [1e12, 1e6 - 1e12, *_QUIET],
    "down as up comes": [3e8, *_QUIET[:4], 3e8, *_QUIET[:4], -3e8, *_QUIET],
    "of all sizes": np.exp(np.random.default_rng(6).normal(0, 4, 400)).tolist(),
    "then nothing": [0.1, 0.2, 0.3, *[0.0] * 50],
}


@pytest.mark.parametrize("period", [1, 5, 20])
@pytest.mark.parametrize("name", SERIES)
def test_it_is_the_sum_of_the_window_and_of_nothing_before(name: str, period: int) -> None:
    values = SERIES[name] * 3
    found = over(rolling_sum(period), close=values)
    for i in range(period - 1, len(values)):
        window = values[i - period + 1 : i + 1]
        assert found[i] == pytest.approx(math.fsum(window), rel=0, abs=1e-11 * max(map(abs, window)))
