"""Deflation against the papers' numbers, and against trials that are known to be worth nothing, or something."""

import doctest

import numpy as np
import pytest
from numpy.typing import NDArray

from strategies import deflated as deflated_module
from strategies.deflated import deflated, expected_maximum, independent, overfitting


def test_the_example_in_its_docstring_is_true() -> None:
    found = doctest.testmod(deflated_module)
    assert (found.attempted > 0, found.failed) == (True, 0)


@pytest.mark.parametrize(
    ("trials", "skew", "kurtosis", "probability"),
    [(100, -3.0, 10.0, 0.9004), (46, -3.0, 10.0, 0.9505), (88, 0.0, 3.0, 0.9505)],
)
def test_the_example_of_bailey_and_lopez_de_prado(
    trials: int, skew: float, kurtosis: float, probability: float
) -> None:
    """The Deflated Sharpe Ratio (2014), "A numerical example": 2.5 a year of 1,250 days, variance 1/2 a year."""
    above = expected_maximum(trials, 0.5 / 250)
    assert deflated(2.5 / 250**0.5, 1250, skew, kurtosis, above) == pytest.approx(probability, abs=0.00006)


def test_the_expected_maximum_is_that_of_many_draws() -> None:
    random = np.random.default_rng(4)
    for trials in (5, 50, 500):
        seen = random.normal(0, 0.2, (4_000, trials)).max(axis=1).mean()
        assert expected_maximum(trials, 0.04) == pytest.approx(seen, rel=0.03)
    assert expected_maximum(1, 0.04) == 0.0
    assert [expected_maximum(trials, 1.0) for trials in (1.0, 1.01, 1.5, 2.0, 3.0)] == sorted(
        expected_maximum(trials, 1.0) for trials in (1.0, 1.01, 1.5, 2.0, 3.0)
    )


def test_trials_that_are_all_one_count_once_and_those_that_differ_each() -> None:
    random = np.random.default_rng(5)
    same, own = random.normal(size=(1, 16)), random.normal(size=(400, 16))
    assert independent(np.repeat(same, 400, axis=0)) == pytest.approx(1.0)
    assert independent(own) > 390
    half = independent(same + own)  # correlated by a half
    assert 100 < half < 300
    assert independent(np.zeros((9, 16))) == 1.0


def _trials(seed: int, *, worth: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Forty trials of 1,600 returns in sixteen parts; the last one is worth so much."""
    returns = np.random.default_rng(seed).normal(0, 1, (40, 16, 100))
    returns[-1] += worth
    return returns.sum(axis=2), (returns**2).sum(axis=2)


def test_the_best_of_noise_is_overfitted_and_what_is_worth_something_is_not() -> None:
    found = [overfitting(*_trials(seed), 100) for seed in range(12)]
    assert 0.3 < np.mean([each for each in found if each is not None]) < 0.75
    assert overfitting(*_trials(1, worth=0.3), 100) == 0.0
    assert overfitting(np.ones((1, 16)), np.ones((1, 16)), 100) is None


def test_overfitting_is_told_by_every_way_to_halve_the_time() -> None:
    """Two trials in four parts: the first wins in the first two parts, the second in the others."""
    parts = np.array([[3.0, 2.0, -1.0, -2.5], [-3.0, -2.0, 1.0, 2.5]])
    squares = np.full((2, 4), 20.0)
    # of six ways only the two into first and last, second and third, have the same winner in both halves
    assert overfitting(parts, squares, 10) == pytest.approx(4 / 6)
