"""Tallying: what is counted of an account whose fills and equity are not kept, for there are too many accounts.

Compiled; the figures of `strategies.performance` that need no more than sums are those of an account that was kept.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiled import step
from core.events import Batch

_DAY = 86_400 * 10**9
_YEAR = 365.25 * _DAY

# `until`: when the period of the next return ends, which began with an equity of `base`; `equity`, at `ts`, is the
# newest. `first` to `fourth`: sums of powers of the returns; `below`: of the squares of those below 0. `parts` and
# `squares` are sums of the returns a moment and of their squares, over equal parts of `long` moments one after another;
# `left` moments are left of a part, the one before the first being what is over.
PARTS = 16
TALLY = np.dtype(
    [(name, "i8") for name in ("period", "until", "ts", "moments", "exposed", "rounds", "fills", "returns")]
    + [(name, "f8") for name in ("base", "equity", "peak", "deepest", "fees", "turned")]
    + [(name, "f8") for name in ("first", "second", "third", "fourth", "below", "won", "lost")]
    + [(name, "i8") for name in ("part", "long", "left")]
    + [(name, "f8", (PARTS,)) for name in ("parts", "squares")],
    align=True,
)


@step
def tally(t: Any, ts: int, equity: float, gross: float) -> None:
    """Count a moment. Any: a record of TALLY."""
    if ts >= t.until:
        if t.moments > 0:
            returned(t)
        t.until = ts - ts % t.period + t.period
    r = equity / t.equity - 1.0 if t.equity > 0.0 else 0.0
    if t.left == 0:
        t.part, t.left = t.part + 1, t.long
    t.left -= 1
    if t.part >= 0:
        t.parts[t.part] += r
        t.squares[t.part] += r * r
    t.ts, t.equity = ts, equity
    t.moments += 1
    t.exposed += 1 if gross > 0.0 else 0
    t.peak = max(t.peak, equity)
    t.deepest = max(t.deepest, 1.0 - equity / t.peak)


@step
def returned(t: Any) -> None:
    """Count the return of a period that has ended. Any: a record of TALLY."""
    r = t.equity / t.base - 1.0 if t.base > 0.0 else 0.0
    t.base = t.equity
    t.returns += 1
    t.first += r
    t.second += r * r
    t.third += r * r * r
    t.fourth += r * r * r * r
    t.below += min(r, 0.0) ** 2
    t.won += max(r, 0.0)
    t.lost -= min(r, 0.0)


def tallies_of(closes: NDArray[np.int64], cash: float, count: int) -> Batch:
    """Tallies in which nothing is counted yet, for accounts of so much cash and bars that close then, in order."""
    tallies, (period, _) = np.zeros(count, dtype=TALLY), period_of(closes)
    moments = np.count_nonzero(np.diff(closes)) + 1
    long = moments // PARTS
    tallies["period"], tallies["part"], tallies["long"] = period, -1, long
    tallies["left"] = moments - PARTS * long if long else -1  # never 0: too few for parts
    for name in ("base", "equity", "peak"):
        tallies[name] = cash
    return tallies


def period_of(closes: NDArray[np.int64]) -> tuple[int, float]:
    """The period of returns for bars that close then, in order: a day where there are five or more days, else each
    moment; and how many of them there are a year, by their number."""
    moments = closes[np.append(np.diff(closes) != 0, True)]
    last = moments[np.append(np.diff(moments // _DAY) != 0, True)]
    period, last = (_DAY, last) if len(last) >= 5 else (1, moments)
    span = float(last[-1] - last[0])
    return period, (len(last) - 1) * _YEAR / span if span > 0 else 0.0


def figures(tallies: Batch, cash: float, a_year: float) -> dict[str, NDArray[Any]]:
    """Columns as `strategies.performance` has them, and the moments of the returns; NaN where there are none."""
    n, t = np.maximum(tallies["returns"], 1), tallies
    mean = t["first"] / n
    second = np.maximum(t["second"] / n - mean**2, 0.0)  # central moments, from those around 0: returns are near it
    third = t["third"] / n - 3 * mean * t["second"] / n + 2 * mean**3
    fourth = t["fourth"] / n - 4 * mean * t["third"] / n + 6 * mean**2 * t["second"] / n - 3 * mean**4
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.sqrt(second * n / (n - 1))
        deviation[deviation < 1e-15] = np.nan
        ratios = {"sharpe": mean / deviation * a_year**0.5, "sortino": mean / np.sqrt(t["below"] / n) * a_year**0.5}
        omega, exposure = t["won"] / t["lost"], t["exposed"] / t["moments"]
        skew, kurtosis = third / second**1.5, fourth / second**2
    for column in (*ratios.values(), omega):
        column[~np.isfinite(column)] = np.nan
    return {
        "end_equity": t["equity"], "total_return": t["equity"] / cash - 1, **ratios, "omega": omega,
        "max_drawdown": t["deepest"], "exposure": exposure, "trades": t["rounds"], "fills": t["fills"],
        "fees": t["fees"], "returns": t["returns"], "mean": mean, "variance": second * n / np.maximum(n - 1, 1),
        "skew": skew, "kurtosis": kurtosis,
    }  # fmt: skip
