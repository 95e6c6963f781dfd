"""`candela check`: whether a strategy looks ahead, and how much history it needs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from gateway.backtesting import moment
from gateway.flags import AsJson, ConfigFile, DataFolder, loaded, out

if TYPE_CHECKING:
    from strategies.verdicts import Tell, Verdict, Violation
    from strategies.warming import Settled, Warmth

check = typer.Typer(no_args_is_help=True, help="Whether a strategy is what it seems to be.")

Strategy = Annotated[str, typer.Argument(help='Such as "crossover(12, 26)" or "./mine.py:breakout(20)".')]
File = Annotated[Path, typer.Argument(help="Bars or trades: CSV, Parquet, recorded frames.")]
Timeframe = Annotated[str | None, typer.Option(help="Of the bars made of trades; 1m without.")]

_KINDS = {
    "cut": "it looks ahead: without the later bars it says something else",
    "changed": "it looks ahead: with other bars later it says something else",
    "files": "it opens files or connections as it computes, where the future may be: no check of bars can tell",
    "unsteady": "it does not say the same twice of the same bars: chance, or a memory of what it was given before",
    "shared": "what it says of a symbol depends on the bars of others, which are no input of it",
}


@check.command()
def lookahead(
    *,
    strategy: Strategy,
    file: File,
    bars: Annotated[
        int, typer.Option(min=1, help="Of a frame strategy: how many bars of each symbol, from the first on.")
    ] = 1_000,
    timeframe: Timeframe = None,
    config_file: ConfigFile = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Whether a strategy says at any bar what it could not have said without the later ones; exit code 1 if it does.

    Example: candela check lookahead ./mine.py:breakout bars.csv
    """
    from services.trading.backtests import history  # noqa: PLC0415 other verbs need no compiler
    from services.trading.checks import lookahead_of  # noqa: PLC0415

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    with _progress("bars") as tell:
        found = history(file, timeframe, settings.kernel_folder)
        verdict = lookahead_of(strategy, found, settings.kernel_folder, bars, tell)
    if as_json:
        out.print_json(json.dumps({"clean": not verdict.violations, **asdict(verdict)}))
    else:
        _tell(verdict)
    raise typer.Exit(1 if verdict.violations else 0)


@check.command()
def warmup(
    *,
    strategy: Strategy,
    file: File,
    timeframe: Timeframe = None,
    config_file: ConfigFile = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """How many rows of history a strategy needs for a live start to say what an uninterrupted run says.

    Example: candela check warmup "crossover(12, 26)" bars.csv
    """
    from services.trading.backtests import history  # noqa: PLC0415 other verbs need no compiler
    from services.trading.checks import warmth_of  # noqa: PLC0415

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    with _progress("starts") as tell:
        found = history(file, timeframe, settings.kernel_folder)
        result = warmth_of(strategy, found, settings.kernel_folder, tell)
    if as_json:
        out.print_json(json.dumps({"settles": result.settles, **asdict(result)}))
    else:
        _tell_warmth(result)
    raise typer.Exit(0 if result.settles and result.right else 1)


@contextmanager
def _progress(what: str) -> Iterator["Tell"]:
    """A bar on the terminal, gone when it is done."""
    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, work: shown.update(task, completed=done, total=work)


def _tell(verdict: "Verdict") -> None:
    part = f"each of the {verdict.bars:,} bars"
    if verdict.checked < verdict.bars:
        part = (
            f"each of a symbol's first {verdict.most:,} bars, {verdict.checked:,} of {verdict.bars:,} (--bars for more)"
        )
    out.print(f"[bold]{escape(verdict.strategy)}[/] at {part}: {verdict.signals:,} signals")
    for each in verdict.violations:
        out.print(f"[bold red]✗[/] {_KINDS[each.kind]}")
        for line in _seen(each, verdict.checked):
            out.print(f"    {escape(line)}")
    if not verdict.violations:
        out.print("[bold green]✓[/] what it says is the same without what came later, bit for bit")
    for note in verdict.notes:
        out.print(f"→ {escape(note)}")


def _seen(found: "Violation", checked: int) -> Iterator[str]:
    if not found.bar:
        yield found.without
        return
    yield f"first at bar {found.bar:,} of {found.symbol}, closed {moment(found.ts_event)}"
    yield f"with what came later  {found.with_future}"
    yield f"without               {found.without}"
    if found.ahead:
        yield f"it changes with {found.ahead:,} later bar{'s' if found.ahead > 1 else ''}"
    if found.bars:
        yield f"at {found.bars:,} of {checked:,} bars ({found.bars / checked:.1%})"


def _tell_warmth(result: "Warmth") -> None:
    table = Table(box=None, title=f"{escape(result.strategy)}: rows until it no longer matters where the history began")
    for title in ("column", "to 1e-9", "bit for bit", "first value after"):
        table.add_column(title, justify="left" if title == "column" else "right")
    for each in result.columns:
        table.add_row(each.column, _count(each.nearly), _count(each.exactly), _first(each))
    out.print(table)
    out.print(f"{result.bars:,} bars, {result.starts} starts in their first half")
    if result.rows is not None:
        out.print(
            f"[bold]{result.rows:,} rows[/] of history in front, and all signals are those of an uninterrupted run"
        )
    else:
        out.print("[bold red]✗[/] its signals depend on where the history began, as long as this file is")
    for each in result.columns:
        if each.nearly is None:
            out.print(
                f"[bold red]✗[/] {each.column} never settles here: it keeps something of its first rows, so that a live"
                " start has other values than the backtest; use its changes, or begin it anew each session"
            )
        if not each.right:
            out.print(
                f"[bold red]✗[/] {each.column} declares a warm-up of {each.declared} rows, its first value comes after"
                f" {each.found}"
            )


def _count(rows: int | None) -> str:
    return "never" if rows is None else f"{rows:,}"


def _first(column: "Settled") -> str:
    return "" if column.found is None else f"{column.found:,}"
