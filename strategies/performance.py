"""Performance: what an account did, in the figures that are usual, each with its convention.

Returns are those of days (UTC) where there are five or more, else of the moments at which bars closed; a year has as
many of them as there were a year of this history, so that nights and weekends count as they did. No risk-free rate.
Sources: Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21 (1994); Sortino and van der Meer, Downside Risk,
same journal 17 (1991); Young, Calmar Ratio, Futures 20 (1991); Keating and Shadwick, Omega (2002).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategies.backtest import Run, rounds

_DAY = 86_400 * 10**9
_YEAR = 365.25 * _DAY
_LEAST = 1 / 12  # years: what less than a month would come to in one says nothing
_DRAWS = 2_000

Numbers = NDArray[np.float64]
Figures = dict[str, Any]  # Any: JSON


def performance(run: Run, seed: int = 0) -> Figures:
    """Figures by name; None where there is nothing to go by. Fractions, not percents. `seed`: of the bootstrap."""
    equity, ts = run.points["equity"], run.points["ts_event"]
    if not len(equity):
        return {"bars": run.bars, "trades": 0}
    returns, a_year = returned(ts, np.concatenate([[run.terms.cash], equity]))
    years = float(ts[-1] - ts[0]) / _YEAR
    total = float(equity[-1] / run.terms.cash - 1)
    deepest, longest = drawdown(ts, np.concatenate([[run.terms.cash], equity]))
    growth = (1 + total) ** (1 / years) - 1 if years > _LEAST and total > -1 else None
    ratio, sure, downside = sharpe(returns, a_year), interval(returns, a_year, seed), sortino(returns, a_year)
    return {
        "bars": run.bars, "from": int(ts[0]), "to": int(ts[-1]), "end_equity": float(equity[-1]), "total_return": total,
        "annual_return": growth, "annual_volatility": deviation(returns) * a_year**0.5,
        "sharpe": ratio, "sharpe_95": sure, "sortino": downside,
        "calmar": growth / deepest if growth is not None and deepest > 0 else None, "omega": omega(returns),
        "max_drawdown": deepest, "max_drawdown_days": longest / _DAY,
        "exposure": float(np.mean(run.points["gross"] > 0)), **traded(run, years),
    }  # fmt: skip


def returned(ts: NDArray[np.int64], equity: Numbers) -> tuple[Numbers, float]:
    """The returns of days or moments, and how many there are a year; `equity` begins with what there was before."""
    day = ts // _DAY
    last = np.flatnonzero(np.append(day[1:] != day[:-1], True))
    if len(last) >= 5:
        equity, ts = equity[np.append(0, last + 1)], ts[last]
    before = equity[:-1]
    returns = np.where(before > 0, equity[1:] / np.where(before > 0, before, 1.0) - 1, 0.0)
    span = float(ts[-1] - ts[0])
    return returns, (len(ts) - 1) * _YEAR / span if span > 0 else 0.0


def deviation(returns: Numbers) -> float:
    """Of a sample."""
    return float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0


def sharpe(returns: Numbers, a_year: float) -> float | None:
    spread = deviation(returns)
    return float(np.mean(returns)) / spread * a_year**0.5 if spread > 0 else None


def sortino(returns: Numbers, a_year: float) -> float | None:
    """The deviation below 0 is over all returns."""
    below = float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2)))
    return float(np.mean(returns)) / below * a_year**0.5 if below > 0 else None


def omega(returns: Numbers) -> float | None:
    """What was won for what was lost."""
    lost = -float(returns[returns < 0].sum())
    return float(returns[returns > 0].sum()) / lost if lost > 0 else None


def interval(returns: Numbers, a_year: float, seed: int) -> list[float] | None:
    """Where the Sharpe ratio lies in 95 of 100 resamples of blocks, which keep what follows on what.

    Source: Politis and Romano, The Stationary Bootstrap, JASA 89 (1994); mean length of a block n^(1/3).
    """
    count = len(returns)
    if count < 20 or deviation(returns) == 0:
        return None
    random, block = np.random.default_rng(seed), count ** (1 / 3)
    draws = min(_DRAWS, max(200, 4_000_000 // count))
    found = []
    for _ in range(draws):
        begins = np.append(True, random.random(count - 1) < 1 / block)
        starts = np.where(begins, random.integers(0, count, count), 0)
        first = np.maximum.accumulate(np.where(begins, np.arange(count), 0))
        sample = returns[(starts[first] + np.arange(count) - first) % count]
        found.append(sharpe(sample, a_year) or 0.0)
    low, high = np.quantile(found, [0.025, 0.975])
    return [float(low), float(high)]


def drawdown(ts: NDArray[np.int64], equity: Numbers) -> tuple[float, int]:
    """The deepest fall from a peak, as a share of it, and the longest time without a new one."""
    peak = np.maximum.accumulate(equity)
    moments = np.append(ts[0], ts)
    at_peak = np.maximum.accumulate(np.where(equity >= peak, moments, moments[0]))
    return float(np.max(1 - equity / peak)), int(np.max(moments - at_peak))


def traded(run: Run, years: float) -> Figures:
    """Of the trades, closed round trips: how many, how many won, and what they cost."""
    profits = np.array([profit for *_, profit in rounds(run.fills)], dtype=np.float64)
    won, lost = profits[profits > 0], profits[profits <= 0]
    turned = float(np.sum(np.abs(run.fills["quantity"]) * run.fills["price"]))
    mean, fees = float(np.mean(run.points["equity"])), float(run.fills["fee"].sum())
    gross = float(won.sum() - lost.sum())
    return {
        "trades": len(profits), "win_rate": len(won) / len(profits) if len(profits) else None,
        "profit_factor": float(won.sum() / -lost.sum()) if lost.sum() < 0 else None,
        "mean_profit": float(profits.mean()) if len(profits) else None, "fills": len(run.fills), "fees": fees,
        "turnover": turned / mean / years if mean > 0 and years > 0 else None,
        "cost_share": fees / gross if gross > 0 else None,
    }  # fmt: skip
