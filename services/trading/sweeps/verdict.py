"""A verdict on the best of a sweep: how far it is to be trusted, once it is counted how many were tried."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from services.trading.sweeps.evaluated import PARTS
from strategies.deflated import deflated, expected_maximum, independent, overfitting

BY = {"sharpe": 1.0, "sortino": 1.0, "total_return": 1.0, "end_equity": 1.0, "max_drawdown": -1.0}
SURE = 0.95


@dataclass(frozen=True)
class Verdict:
    """Ratios are a year. `chance_sharpe` is what the best of so many would have shown if none were worth anything,
    `deflated` how probable it is that this one is more than that luck, `overfitting` how often the best of one half of
    the time was among the lower half in the other; None where there is too little to tell."""

    trials: int
    independent: float
    chance_sharpe: float | None
    deflated: float | None
    overfitting: float | None
    within_chance: bool
    words: str


def worths(table: pl.DataFrame, by: str) -> list[float]:
    """How much each is worth by one of BY, more is better; NaN when that is not known."""
    found = table[by].cast(pl.Float64).fill_null(float("nan"))
    return (found * BY[by]).to_list()


def best(table: pl.DataFrame, by: str) -> int | None:
    """The row that is worth most, the first of several; None when none is worth anything."""
    found = np.array(worths(table, by))
    return int(np.nanargmax(found)) if np.isfinite(found).any() else None


def verdict(table: pl.DataFrame, row: int) -> Verdict:
    """On this row of a sweep's table, the best of them."""
    known = table.filter(pl.col("sharpe").is_not_null())
    chosen = table.row(row, named=True)
    parts = _array(known, "parts")
    alone = float(len(known)) if parts is None else independent(parts)
    if chosen["sharpe"] is None or len(known) < 2:
        return _said(len(known), alone, chosen["sharpe"])
    ratios = (known["return_mean"] / known["return_variance"].sqrt()).to_numpy()
    above = expected_maximum(alone, float(np.var(ratios, ddof=1)))
    ratio = chosen["return_mean"] / chosen["return_variance"] ** 0.5
    sure = deflated(ratio, chosen["returns"], chosen["return_skew"], chosen["return_kurtosis"], above)
    squares = _array(known, "squares")
    fitted = None
    if parts is not None and squares is not None:
        fitted = overfitting(parts, squares, chosen["moments"] // PARTS)
    return _said(len(known), alone, chosen["sharpe"], chance=above * chosen["a_year"] ** 0.5, sure=sure, fitted=fitted)


def _array(table: pl.DataFrame, name: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]] | None:
    return None if table[name].null_count() or not len(table) else np.array(table[name].to_list())


def _said(
    trials: int, alone: float, sharpe: float | None,
    *, chance: float | None = None, sure: float | None = None, fitted: float | None = None,
) -> Verdict:  # fmt: skip
    within = sure is None or sure < SURE
    if sure is None or sharpe is None or chance is None:
        words = "nothing can be said of the best: fewer than two of the trials have a Sharpe ratio"
    else:
        words = (
            f"{trials:,} trials are as good as {alone:,.1f} independent ones, the best of which shows a Sharpe ratio of"
            f" {chance:.2f} when all are worthless; this one's {sharpe:.2f} is more than that luck with a probability"
            f" of {sure:.1%}"
        )
        words = f"the best is within chance: {words}, not {SURE:.0%}" if within else words
    if fitted is not None and fitted > 0.5:
        words += f"; the best of one half of the time is among the worse half in the other {fitted:.0%} of times"
    return Verdict(trials, alone, chance, sure, fitted, within, words)
