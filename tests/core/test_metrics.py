"""The latency histogram against numpy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.metrics import Histogram


@given(spans=some.lists(some.integers(1_000, 10**11), min_size=1, max_size=200), q=some.floats(0.01, 1.0))
def test_a_quantile_is_at_most_one_bucket_above_the_true_one(spans: list[int], q: float) -> None:
    histogram = Histogram()
    for span in spans:
        histogram.record(span)
    exact = float(np.quantile(spans, q, method="inverted_cdf"))
    assert exact * 0.999 <= histogram.quantile(q) <= exact * 1.13


def test_many_at_once_equal_one_by_one() -> None:
    spans = np.random.default_rng(1).integers(100, 10**9, 1_000)
    one, many = Histogram(), Histogram()
    many.record(spans)
    for span in spans:
        one.record(span)
    assert (one.counts == many.counts).all()
    assert one.total == pytest.approx(many.total)
    assert one.count == 1_000


def test_without_durations_a_quantile_is_nan_and_extremes_have_a_bucket() -> None:
    histogram = Histogram()
    assert math.isnan(histogram.quantile(0.5))
    histogram.record([-5, 0, 10**18])
    assert histogram.count == 3
    assert list(histogram.buckets())[-1][1] == 2
