"""`candela sweep`: a strategy with many parameters over a file of history, and how far to trust the best."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from gateway.flags import AsJson, ConfigFile, DataFolder, loaded, out

Strategy = Annotated[str, typer.Argument(help='Such as crossover, or "crossover(slow=50)", whose slow is fixed.')]
File = Annotated[Path, typer.Argument(help="Bars or trades: CSV, Parquet, recorded frames.")]
Over = Annotated[
    str,
    typer.Option(
        help='What to sweep over, such as "fast=5..50:5, slow=20|50|100": by a step (5..50:5), by a factor'
        " (10..640:*2), any number (0.1..2; by its logarithm 0.1..10:log), or these (5|10|20)."
    ),
]
How = Annotated[str, typer.Option("--search", help="grid: all; random; optuna: guided by what was good before.")]
Points = Annotated[int | None, typer.Option("--points", help="How many, at random or guided; 100 without.")]
Seed = Annotated[int, typer.Option(help="Of a random or guided search.")]
By = Annotated[str, typer.Option(help="sharpe, sortino, total_return, end_equity or max_drawdown.")]
WalkForward = Annotated[
    str, typer.Option(metavar="TRAIN/TEST", help="Choose on one span, try on the next: 90d/30d, or bars: 1000/250.")
]
Anchored = Annotated[bool, typer.Option("--anchored", help="Walking forward, choose on all there was before.")]
Folds = Annotated[int, typer.Option(help="Purged cross-validation: choose on all parts but one, try on that one.")]
Embargo = Annotated[str, typer.Option(help="Left out behind each tried part: 1d, 12h, or a number of bars.")]
Purge = Annotated[str, typer.Option(help="Left out on both sides of each tried part, likewise.")]
TermsText = Annotated[str, typer.Option("--terms", help="As in a backtest: commission=2bps, spread=1bps, stop=5%…")]
Timeframe = Annotated[str | None, typer.Option(help="Of the bars made of trades; 1m without.")]
To = Annotated[Path | None, typer.Option("--out", metavar="FOLDER|FILE.parquet", help="Where results go.")]
Cores = Annotated[int | None, typer.Option(min=1, help="How many processes; as many as there are cores without.")]
Ray = Annotated[str, typer.Option(metavar="ADDRESS", help="A Ray cluster: auto, local, HOST:PORT or ray://HOST:PORT.")]


def sweep(  # noqa: PLR0913 each is a flag
    *,
    strategy: Strategy, file: File, over: Over, search: How = "grid", points: Points = None, seed: Seed = 0,
    by: By = "sharpe", walk_forward: WalkForward = "", anchored: Anchored = False, folds: Folds = 0,
    embargo: Embargo = "0", purge: Purge = "0", terms: TermsText = "", timeframe: Timeframe = None, to: To = None,
    cores: Cores = None, ray: Ray = "", config_file: ConfigFile = None, data: DataFolder = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Many parameters over one history, on all cores or a Ray cluster. Broken off, the same command goes on.

    Example: candela sweep crossover bars.csv --over "fast=5..50:5, slow=20..200:10" --terms "commission=2bps"
    """
    from gateway import swept as at  # noqa: PLC0415 other verbs need no compiler
    from services.trading.backtests import history  # noqa: PLC0415
    from services.trading.sweeps.request import Request, swept  # noqa: PLC0415
    from strategies.terms import terms as parsed  # noqa: PLC0415

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    request = Request(
        strategy, over, search, points, seed, by, walk_forward, anchored, folds, embargo, purge,
        cores or len(os.sched_getaffinity(0)), ray,
    )  # fmt: skip
    folder = settings.data.folder / "sweeps" if to is None or to.suffix == ".parquet" else to
    bars, kernels = history(file, timeframe, settings.kernel_folder), settings.kernel_folder
    with _progress() as told:
        report = swept(request, bars, parsed(terms), kernels, out=folder, told=told)
    if to is not None and folder is not to and not report.broken_off:
        report.table.write_parquet(to)
    out.print_json(json.dumps(at.told(report, request))) if as_json else out.print(at.shown(report, request))
    raise typer.Exit(130 if report.broken_off else 0)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar in a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("sweeping", total=None)
        yield lambda total, done: bar.update(task, total=total, completed=done)
