"""What came of a sweep, as people and programs read it."""

import math
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.trading.sweeps.evaluated import FIGURES
from services.trading.sweeps.request import Report, Request
from services.trading.sweeps.tried import together
from services.trading.sweeps.verdict import worths

_SHOWN = 10
_FORMS = {
    "sharpe": "{:.2f}", "sortino": "{:.2f}", "total_return": "{:.2%}", "max_drawdown": "{:.2%}", "trades": "{:,}",
    "fees": "{:,.2f}", "exposure": "{:.1%}",
}  # fmt: skip


def told(report: Report, request: Request) -> dict[str, Any]:  # Any: JSON
    best = None if report.row is None else report.table.row(report.row, named=True)
    names = [each.name for each in report.space.dimensions]
    found = {
        "strategy": report.strategy, "over": request.over, "search": request.search, "by": request.by,
        "points": len(report.table), "left_out": report.left_out.total(), "broken_off": report.broken_off,
        "folder": str(report.folder),
    }  # fmt: skip
    if best is not None:
        plain = {name: value for name, value in best.items() if name in FIGURES and not isinstance(value, list)}
        found["heat_map"] = str(report.folder / "heat_map.svg")
        found["best"] = {"parameters": {name: best[name] for name in names}, **plain}
    if report.verdict is not None:
        found["verdict"] = asdict(report.verdict)
    if report.trials:
        found["folds"] = [
            {
                "parameters": each.point,
                "from": each.span[0],
                "to": each.span[1],
                "chosen": each.chosen,
                "tried": each.tried,
            }
            for each in report.trials
        ]
        found["out_of_sample"] = together(report.trials, report.cash)
    return found


def shown(report: Report, request: Request) -> RenderableType:
    """The best of them in a table, and what to think of them."""
    parts: list[RenderableType] = [_folds(report) if report.trials else _best(report, request)]
    if report.trials:
        told = together(report.trials, report.cash)
        figures = ", ".join(f"{name.replace('_', ' ')} {_text(name, told[name])}" for name in _FORMS if name in told)
        parts.append(Text(f"all that was tried, one after another: {figures}"))
    if left := report.left_out:
        parts.append(Text(f"{left.total():,} left out, most of them because {left.most_common(1)[0][0]}", style="dim"))
    if report.verdict is not None:
        parts.append(Text(report.verdict.words, style="bold yellow" if report.verdict.within_chance else ""))
    if report.broken_off:
        parts.append(Text("broken off: the same command goes on from here"))
    what = "results.parquet, " + ("out_of_sample.parquet" if report.trials else "heat_map.svg")
    parts.append(Text(f"→ {report.folder}: {what}" if not report.broken_off else f"→ {report.folder}"))
    return Group(*parts)


def _best(report: Report, request: Request) -> Table:
    worth = worths(report.table, request.by)
    order = sorted((-each, row) for row, each in enumerate(worth) if not math.isnan(each))[:_SHOWN]
    names = [each.name for each in report.space.dimensions]
    title = f"{report.strategy} by {request.by}: the best of {len(report.table):,}"
    found = Table(box=None, title=title, title_style="bold", pad_edge=False)
    for name in (*names, *_FORMS):
        found.add_column(name.replace("_", " "), justify="right")
    for _, at in order:
        row = report.table.row(at, named=True)
        found.add_row(*(str(row[name]) for name in names), *(_text(name, row[name]) for name in _FORMS))
    return found


def _folds(report: Report) -> Table:
    names = [each.name for each in report.space.dimensions]
    found = Table(box=None, title=f"{report.strategy}: chosen, and then tried", title_style="bold", pad_edge=False)
    for name in ("from", "to", *names, "sharpe chosen", "tried", "total return chosen", "tried", "trades"):
        found.add_column(name, justify="right")
    for each in report.trials:
        values = [str((each.point or {}).get(name, "–")) for name in names]
        pairs = [
            _text(name, figures.get(name))
            for name in ("sharpe", "total_return")
            for figures in (each.chosen, each.tried)
        ]
        found.add_row(*map(_moment, each.span), *values, *pairs, _text("trades", each.tried.get("trades")))
    return found


def _text(name: str, value: Any) -> str:  # Any: a number or None
    return "–" if value is None else _FORMS[name].format(value)


def _moment(nanoseconds: int) -> str:
    return f"{datetime.fromtimestamp(nanoseconds // 10**9, UTC):%Y-%m-%d %H:%M}"
