"""What is said of the best of many."""

import numpy as np
import polars as pl

from services.trading.sweeps.evaluated import FIGURES, PARTS, moments
from services.trading.sweeps.verdict import best, verdict, worths


def table(count: int, *, worth: float, seed: int = 3) -> pl.DataFrame:
    """So many trials of 1,600 returns that are worth nothing, but the last one."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        returns = random.normal(worth if number == count - 1 else 0.0, 0.01, 1_600)
        parts, found = returns.reshape(PARTS, -1), moments(returns)
        sharpe = found["return_mean"] / found["return_variance"] ** 0.5 * 250**0.5
        rows.append(
            {"period": number, "sharpe": sharpe, "max_drawdown": 0.1 + number, "moments": 1_600, "returns": 1_600,
             "a_year": 250.0, **found, "parts": parts.sum(axis=1).tolist(), "squares": (parts**2).sum(axis=1).tolist()}
        )  # fmt: skip
    return pl.DataFrame(rows, schema={"period": pl.Int64, **FIGURES}, orient="row")


def test_the_best_of_noise_is_said_to_be_within_chance() -> None:
    found = table(60, worth=0.0)
    at = best(found, "sharpe")
    assert at == found["sharpe"].arg_max()
    said = verdict(found, at or 0)
    assert said.within_chance
    assert (said.trials, said.independent > 50) == (60, True)
    assert said.deflated is not None
    assert said.deflated < 0.95
    assert said.words.startswith("the best is within chance: 60 trials")


def test_what_is_worth_something_is_not() -> None:
    found = table(60, worth=0.002)
    said = verdict(found, best(found, "sharpe") or 0)
    assert not said.within_chance
    assert said.deflated is not None
    assert said.deflated > 0.99
    assert said.overfitting == 0.0
    assert "within chance" not in said.words


def test_a_single_trial_or_one_that_never_traded_is_nothing_to_go_by() -> None:
    one = table(1, worth=0.01)
    assert verdict(one, 0).within_chance
    assert verdict(one, 0).deflated is None
    none = one.with_columns(sharpe=pl.lit(None, pl.Float64))
    assert best(none, "sharpe") is None


def test_less_of_a_fall_is_worth_more_and_the_first_of_equals_is_the_best() -> None:
    found = table(5, worth=0.0)
    assert best(found, "max_drawdown") == 0
    assert worths(found, "max_drawdown") == [-each for each in found["max_drawdown"]]
    assert best(found.with_columns(sharpe=1.0), "sharpe") == 0
