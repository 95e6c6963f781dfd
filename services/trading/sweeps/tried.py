"""Tried: the best of each fold on bars it was not chosen on, and all of that one after another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from services.trading.backtests import History
from services.trading.sweeps.evaluated import figures, followed
from services.trading.sweeps.family import Point
from services.trading.sweeps.folds import Fold
from services.trading.sweeps.verdict import best
from services.trading.sweeps.work import Work
from strategies.performance import drawdown, returned, sharpe, sortino

_TOLD = ("total_return", "sharpe", "sortino", "max_drawdown", "trades", "fees", "exposure")

Figures = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, eq=False)
class Trial:
    """What was chosen in a fold, its figures where it was chosen and where it was tried, and the equity there."""

    fold: int
    point: Point | None
    span: tuple[int, int]
    chosen: Figures
    tried: Figures
    equity: pl.DataFrame


def tried(work: Work, history: History, folds: Sequence[Fold], table: pl.DataFrame, by: str) -> list[Trial]:
    """Each fold's best by `by` of a sweep's table, on its own span; nothing is held where none is worth anything."""
    found = []
    for number, fold in enumerate(folds):
        rows = table.filter(pl.col("fold") == number)
        at = best(rows, by)
        closes = history.bars["ts_event"][fold.tried_on.first : fold.tried_on.end]
        span = int(closes[0]), int(closes[-1])
        if at is None:
            still = pl.DataFrame({"ts_event": np.unique(closes), "equity": work.terms.cash})
            found.append(Trial(number, None, span, {}, {}, still))
            continue
        row = rows.row(at, named=True)
        point = {each.name: row[each.name] for each in work.family.parameters if each.name in row}
        run = followed(work.family, point, history, work.terms, work.folder, span=fold.tried_on)
        told = figures(run)
        equity = pl.DataFrame({"ts_event": run.points["ts_event"], "equity": run.points["equity"]})
        chosen = {name: row[name] for name in _TOLD}
        found.append(Trial(number, point, span, chosen, {name: told[name] for name in _TOLD}, equity))
    return found


def joined(trials: Sequence[Trial], cash: float) -> pl.DataFrame:
    """The equity of all, each going on with what the one before left; every one begins without a position."""
    frames, wealth = [], cash
    for each in trials:
        scaled = each.equity.with_columns(pl.col("equity") * (wealth / cash), pl.lit(each.fold, pl.Int32).alias("fold"))
        frames.append(scaled)
        wealth = float(scaled["equity"][-1])
    return pl.concat(frames)


def together(trials: Sequence[Trial], cash: float) -> Figures:
    """The figures of all that was tried, as of one account."""
    equity = joined(trials, cash)
    ts, whole = equity["ts_event"].to_numpy(), np.append(cash, equity["equity"].to_numpy())
    returns, a_year = returned(ts, whole)
    return {
        "end_equity": float(whole[-1]), "total_return": float(whole[-1] / cash - 1),
        "sharpe": sharpe(returns, a_year), "sortino": sortino(returns, a_year), "max_drawdown": drawdown(ts, whole)[0],
        "trades": sum(each.tried.get("trades", 0) for each in trials),
    }  # fmt: skip
