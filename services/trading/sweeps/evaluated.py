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
from numpy.typing import NDArray

from core.bank import Bank
from core.events import SIGNAL, joined
from services.trading.backtests import History
from services.trading.sweeps.family import Family, Point
from strategies.backtest import Account, Run
from strategies.performance import deviation, drawdown, returned, sharpe, sortino, traded
from strategies.terms import Terms

PARTS = 16
FIGURES: dict[str, Any] = {  # Any: a polars type
    "end_equity": pl.Float64, "total_return": pl.Float64, "sharpe": pl.Float64, "sortino": pl.Float64,
    "max_drawdown": pl.Float64, "trades": pl.Int64, "fees": pl.Float64, "exposure": pl.Float64, "moments": pl.Int64,
    "returns": pl.Int64, "a_year": pl.Float64, "return_mean": pl.Float64, "return_variance": pl.Float64,
    "return_skew": pl.Float64, "return_kurtosis": pl.Float64, "return_below": pl.Float64,
    "parts": pl.List(pl.Float64), "squares": pl.List(pl.Float64),
}  # fmt: skip
_PART = 1 << 16  # bars that are computed at a time
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
    rows = []
    for point in points:
        run = followed(family, point, history, terms, folder, span=span or Span(0, 0, len(history.bars)))
        rows.append({**point, **figures(run)})
    return pl.DataFrame(rows, schema={**parameter_types(family, points), **FIGURES}, orient="row")


def parameter_types(family: Family, points: Sequence[Point]) -> dict[str, Any]:  # Any: a polars type
    types = {each.name: _TYPES.get(each.type, pl.String) for each in family.parameters}
    return {name: types[name] for name in (points[0] if points else ())}


def followed(family: Family, point: Point, history: History, terms: Terms, folder: Path, *, span: Span) -> Run:
    """A backtest of a span, with what came before it known to the strategy but not traded."""
    bank = Bank((family.node(point),), (history.timeframe,), folder)
    symbols = len(history.symbols)
    bank.clear(symbols)
    account, made = Account(symbols, terms.checked(), folder), [np.empty(0, dtype=SIGNAL)]
    for first in range(span.warm, span.first, _PART):
        bank(np.ascontiguousarray(history.bars[first : min(first + _PART, span.first)]))
    for first in range(span.first, span.end, _PART):
        bars = np.ascontiguousarray(history.bars[first : min(first + _PART, span.end)])
        _, signals = bank(bars)
        account.follow(bars, signals)
        made.append(signals)
    return Run(terms, max(span.end - span.first, 0), joined(made), account.fills(), account.points())


def figures(run: Run) -> Figures:
    """FIGURES of what came of it; of nothing, None and counts of 0."""
    points = run.points
    if not len(points):
        return dict.fromkeys(FIGURES) | {"trades": 0, "fees": 0.0, "moments": 0, "returns": 0}
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
