"""`candela backtest`: a strategy over a file of history, and what came of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from gateway.flags import AsJson, ConfigFile, DataFolder, loaded, out

if TYPE_CHECKING:
    from services.trading.backtests import Report


def backtest(
    *,
    strategy: Annotated[str, typer.Argument(help='Such as "crossover(12, 26)" or "./mine.py:breakout(20)".')],
    file: Annotated[Path, typer.Argument(help="Bars or trades: CSV, Parquet, recorded frames.")],
    timeframe: Annotated[str | None, typer.Option(help="Of the bars made of trades; 1m without.")] = None,
    terms: Annotated[
        str,
        typer.Option(help="What trading costs and how much is done: cash=1e5, commission=2bps, stop=5%, shorts=no…"),
    ] = "",
    html: Annotated[Path | None, typer.Option(help="Also write a page with charts, in one file, here.")] = None,
    config_file: ConfigFile = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """A strategy over history, through the same compiled code that runs live; orders are filled at the next bar's open.

    Example: candela backtest "crossover(12, 26)" bars.csv --terms "commission=2bps, spread=1bps, shorts=no"
    """
    from services.trading.backtests import history, tested  # noqa: PLC0415 other verbs need no compiler
    from strategies.terms import terms as parsed  # noqa: PLC0415

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    found = history(file, timeframe, settings.kernel_folder)
    report = tested(strategy, found, parsed(terms), settings.kernel_folder)
    if html is not None:
        _write(report, html, terms)
    _print(report, as_json, html, f"candela check lookahead {strategy} {file}")


def _print(report: "Report", as_json: AsJson, html: Path | None, check: str) -> None:
    if as_json:
        out.print_json(json.dumps(report.told))
        return
    out.print(table(report.told))
    for hint in _hints(report, html, check):
        out.print(f"→ {hint}")


def _write(report: "Report", html: Path, terms: str) -> None:
    from gateway.backtest_page import page  # noqa: PLC0415

    html.write_text(page(report, dict(words(report.told)), terms or "trading costs nothing"))


def _hints(report: "Report", html: Path | None, check: str) -> Iterator[str]:
    if html is not None:
        yield f"charts are in {html}: open it in a browser"
    if report.frames:
        yield f"it saw all of the history at once: `{check}` tells whether it looked ahead"
    if not any((report.run.terms.commission, report.run.terms.per_share, report.run.terms.spread)):
        yield 'trading cost nothing here: --terms "commission=1bps, spread=2bps" counts what it does cost'


def table(told: dict[str, Any]) -> Table:  # Any: JSON
    """The figures in words."""
    title = f"{told['strategy']} on {told['timeframe']} bars"
    found = Table(box=None, show_header=False, title=title, title_style="bold")
    found.add_column(style="dim")
    found.add_column(justify="right")
    for row in words(told):
        found.add_row(*row)
    return found


def words(told: dict[str, Any]) -> Iterator[tuple[str, str]]:  # Any: JSON
    """The figures that there are, by name."""
    names = told["symbols"]
    yield "symbols", ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    if "from" in told:
        yield "from, to", f"{moment(told['from'])} to {moment(told['to'])}"
    for name, form in _FORMS.items():
        if told.get(name) is not None:
            yield name.replace("_", " "), form.format(told[name])
        if name == "sharpe" and told.get("sharpe_95"):
            yield "in 95 of 100 resamples", "{:.2f} to {:.2f}".format(*told["sharpe_95"])


_FORMS = {
    "bars": "{:,}", "end_equity": "{:,.2f}", "total_return": "{:.2%}", "buy_and_hold": "{:.2%}",
    "annual_return": "{:.2%}", "annual_volatility": "{:.2%}", "sharpe": "{:.2f}", "sortino": "{:.2f}",
    "calmar": "{:.2f}", "omega": "{:.2f}", "max_drawdown": "{:.2%}", "max_drawdown_days": "{:,.1f}",
    "exposure": "{:.1%}", "trades": "{:,}", "win_rate": "{:.1%}", "profit_factor": "{:.2f}", "mean_profit": "{:,.2f}",
    "fees": "{:,.2f}", "turnover": "{:,.1f} a year", "cost_share": "{:.1%} of what was won and lost",
}  # fmt: skip


def moment(nanoseconds: int) -> str:
    return f"{datetime.fromtimestamp(nanoseconds // 10**9, UTC):%Y-%m-%d %H:%M}"
