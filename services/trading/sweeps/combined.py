"""Combined: the figures of several spans as if of one account, one after another, each begun without a position.

Returns are put together by their moments, wealth by multiplying; the deepest fall is the deepest of a span's, for
between two spans nobody held anything.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from services.trading.sweeps.evaluated import FIGURES

Figures = dict[str, Any]  # Any: a number, None, or a list of numbers


def combined(found: Sequence[pl.DataFrame], cash: float) -> pl.DataFrame:
    """One row for each row of these frames, which have the same points in the same order."""
    if len(found) == 1:
        return found[0]
    rows = [
        {**{name: row[name] for name in row if name not in FIGURES}, **together(each, cash)}
        for each in zip(*(frame.to_dicts() for frame in found), strict=True)
        for row in each[:1]
    ]
    return pl.DataFrame(rows, schema=found[0].schema, orient="row")


def together(spans: Sequence[Figures], cash: float) -> Figures:
    spans = [each for each in spans if each["moments"]] or spans[:1]
    if len(spans) == 1:
        return {name: spans[0][name] for name in FIGURES}
    wealth = cash
    for each in spans:
        wealth *= each["end_equity"] / cash
    count, moments = sum(each["returns"] for each in spans), sum(each["moments"] for each in spans)
    return {
        "end_equity": wealth, "total_return": wealth / cash - 1,
        "max_drawdown": max(each["max_drawdown"] for each in spans), "trades": sum(each["trades"] for each in spans),
        "fees": sum(each["fees"] for each in spans),
        "exposure": sum(each["exposure"] * each["moments"] for each in spans) / moments,
        "moments": moments, "returns": count, **_ratios(spans, count), "parts": None, "squares": None,
    }  # fmt: skip


def _ratios(spans: Sequence[Figures], count: int) -> Figures:
    mean = sum(each["returns"] * each["return_mean"] for each in spans) / count
    second, third, fourth = (sum(_about(each, mean, power) for each in spans) / count for power in (2, 3, 4))
    below = sum(each["returns"] * each["return_below"] for each in spans) / count
    years = sum(each["returns"] / each["a_year"] for each in spans if each["a_year"])
    a_year = count / years if years else 0.0
    variance = second * count / (count - 1) if count > 1 else 0.0
    return {
        "a_year": a_year, "return_mean": mean, "return_variance": variance,
        "return_skew": third / second**1.5 if second > 0 else None,
        "return_kurtosis": fourth / second**2 if second > 0 else None, "return_below": below,
        "sharpe": mean / variance**0.5 * a_year**0.5 if variance > 0 else None,
        "sortino": mean / below**0.5 * a_year**0.5 if below > 0 else None,
    }  # fmt: skip


def _about(span: Figures, mean: float, power: int) -> float:
    """The sum of the powers of a span's returns, away from another mean than their own."""
    count, off = span["returns"], span["return_mean"] - mean
    second = span["return_variance"] * (count - 1) / count
    third = (span["return_skew"] or 0.0) * second**1.5
    fourth = (span["return_kurtosis"] or 0.0) * second**2
    whole = {
        2: second + off**2,
        3: third + 3 * off * second + off**3,
        4: fourth + 4 * off * third + 6 * off**2 * second + off**4,
    }
    return float(count * whole[power])
