"""Evaluated: what following each of many parameters would have brought, a row a point.

The returns whose moments are told are those the Sharpe ratio is of (see strategies/performance.py): its square root of
a year aside, `sharpe` is `return_mean` over the root of `return_variance`. `parts` and `squares` are the sums of the
returns a moment, and of their squares, over sixteen equal parts of the moments one after another: of any of these parts
together the Sharpe ratio can be told, and how alike two points are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from core.events import Batch
from services.trading.backtests import History
from services.trading.sweeps.family import Family, Point
from strategies.backtest import Run, backtest
from strategies.performance import deviation, drawdown, returned, sharpe, sortino, traded
from strategies.tallying import figures as tallied
from strategies.tallying import period_of
from strategies.terms import Terms
from strategies.together import together

PARTS = 16
FIGURES: dict[str, Any] = {  # Any: a polars type
    "end_equity": pl.Float64, "total_return": pl.Float64, "sharpe": pl.Float64, "sortino": pl.Float64,
    "max_drawdown": pl.Float64, "trades": pl.Int64, "fees": pl.Float64, "exposure": pl.Float64, "moments": pl.Int64,
    "returns": pl.Int64, "a_year": pl.Float64, "return_mean": pl.Float64, "return_variance": pl.Float64,
    "return_skew": pl.Float64, "return_kurtosis": pl.Float64, "return_below": pl.Float64,
    "parts": pl.List(pl.Float64), "squares": pl.List(pl.Float64),
}  # fmt: skip
_NOTHING = dict.fromkeys(FIGURES) | {"trades": 0, "fees": 0.0, "moments": 0, "returns": 0}
_TALLIED = (
    "end_equity", "total_return", "sharpe", "sortino", "max_drawdown", "trades", "fees", "exposure", "returns",
)  # fmt: skip
_TYPES = {"int": pl.Int64, "float": pl.Float64}

Numbers = NDArray[np.float64]
Figures = dict[str, Any]  # Any: a number, None, or a list of numbers


@dataclass(frozen=True)
class Span:
    """Of a history's bars: the strategy sees those from `warm` on, and is followed from `first` until before `end`."""

    warm: int
    first: int
    end: int


def evaluated(
    family: Family, points: Sequence[Point], history: History, terms: Terms, folder: Path, *, span: Span | None = None
) -> pl.DataFrame:
    """A row for each of these parameters: themselves, and FIGURES of the span (without one, of the whole history)."""
    span = span or Span(0, 0, len(history.bars))
    types = {**parameter_types(family, points), **FIGURES}
    if span.first >= span.end or not points:
        return pl.DataFrame([{**point, **_NOTHING} for point in points], schema=types, orient="row")
    bars, follows = history.bars[span.warm : span.end], span.first - span.warm
    nodes = [family.node(point) for point in points]
    tallies = together(nodes, bars, len(history.symbols), terms, folder, followed=follows)
    told = {name: [point[name] for point in points] for name in points[0]}
    told |= _columns(tallies, bars["ts_event"][follows:], terms.cash)
    return pl.DataFrame(told, schema=types, strict=False).with_columns(cs.float().fill_nan(None))


def _columns(tallies: Batch, closes: NDArray[np.int64], cash: float) -> dict[str, Any]:  # Any: a column
    """FIGURES, from what was counted."""
    _, a_year = period_of(closes)
    found, count = tallied(tallies, cash, a_year), np.maximum(tallies["returns"], 1)
    parted = [*map(bool, tallies["long"])]
    return {
        **{name: found[name] for name in _TALLIED},
        "moments": tallies["moments"], "a_year": np.full(len(tallies), a_year),
        **{f"return_{name}": found[name] for name in ("mean", "variance", "skew", "kurtosis")},
        "return_below": tallies["below"] / count,
        **{
            name: [row if known else None for row, known in zip(tallies[name].tolist(), parted, strict=True)]
            for name in ("parts", "squares")
        },
    }  # fmt: skip


def parameter_types(family: Family, points: Sequence[Point]) -> dict[str, Any]:  # Any: a polars type
    types = {each.name: _TYPES.get(each.type, pl.String) for each in family.parameters}
    return {name: types[name] for name in (points[0] if points else ())}


def followed(family: Family, point: Point, history: History, terms: Terms, folder: Path, *, span: Span) -> Run:
    """A backtest of a span, with what came before it known to the strategy but not traded."""
    bars = history.bars[span.warm : span.end]
    symbols = len(history.symbols)
    return backtest(family.node(point), bars, symbols, terms, folder, followed=span.first - span.warm)


def figures(run: Run) -> Figures:
    """FIGURES of what came of it; of nothing, None and counts of 0."""
    points = run.points
    if not len(points):
        return _NOTHING
    equity, ts = np.concatenate([[run.terms.cash], points["equity"]]), points["ts_event"]
    returns, a_year = returned(ts, equity)
    counted = traded(run, 0.0)
    return {
        "end_equity": float(equity[-1]), "total_return": float(equity[-1] / run.terms.cash - 1),
        "sharpe": sharpe(returns, a_year), "sortino": sortino(returns, a_year), "max_drawdown": drawdown(ts, equity)[0],
        "trades": counted["trades"], "fees": counted["fees"], "exposure": float(np.mean(points["gross"] > 0)),
        "moments": len(points), "returns": len(returns), "a_year": a_year, **moments(returns), **_parts(equity),
    }  # fmt: skip


def moments(returns: Numbers) -> Figures:
    """Mean, variance (of a sample), skewness, kurtosis (of a normal distribution: 3), and the mean square below 0."""
    mean, spread = float(np.mean(returns)), deviation(returns)
    away = returns - mean
    wide = float(np.mean(away**2)) ** 0.5
    return {
        "return_mean": mean, "return_variance": spread**2,
        "return_skew": float(np.mean(away**3)) / wide**3 if wide > 0 else None,
        "return_kurtosis": float(np.mean(away**4)) / wide**4 if wide > 0 else None,
        "return_below": float(np.mean(np.minimum(returns, 0.0) ** 2)),
    }  # fmt: skip


def _parts(equity: Numbers) -> Figures:
    before = equity[:-1]
    each = np.where(before > 0, equity[1:] / np.where(before > 0, before, 1.0) - 1, 0.0)
    long = len(each) // PARTS
    if not long:
        return {"parts": None, "squares": None}
    parts = each[len(each) - long * PARTS :].reshape(PARTS, long)  # what is over is left out in front
    return {"parts": parts.sum(axis=1).tolist(), "squares": (parts**2).sum(axis=1).tolist()}
