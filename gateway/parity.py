"""`candela check parity`: a recorded session given again, and a certificate of what came of it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table

from core import log
from core.errors import BadInput
from core.mark import Mark
from core.records import FILE_HEADER, begins_at, files
from core.settings import Settings
from gateway.flags import AsJson, ConfigFile, DataFolder, loaded, out

if TYPE_CHECKING:
    from services.trading.likeness import Likeness
    from services.trading.parity import Certificate, Run

Said = dict[str, Any]  # Any: JSON
_SHOWN_AFTER_S = 1.0
_HEAD = 16 << 20  # bytes of a file that hold its head


def parity(
    *,
    session: Annotated[
        list[Path] | None, typer.Argument(help="Files of a journal; without them, all that are in its folder.")
    ] = None,
    journal: Annotated[
        Path | None, typer.Option("--journal", help="A journal's folder; that of the data folder without.")
    ] = None,
    config_file: ConfigFile = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Whether live and backtest say the same: a journal's session given again, each bar, value and signal compared bit
    for bit. 0 when all are identical, 1 when any differs, 2 when there is nothing to compare.

    Example: candela check parity --journal ~/.local/share/candela/journal/binance
    """
    from core.calls import calls  # noqa: PLC0415 other verbs need no engine
    from core.snapshots import snapshots  # noqa: PLC0415
    from services.trading.parity import checked  # noqa: PLC0415

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    log.configure("error", "check")
    there, until = _named(session) if session else _recorded(journal or _only(settings))
    with _progress(sum(path.stat().st_size for _, path in there), shown=out.is_terminal and not as_json) as report:
        kept = snapshots(there[0][1].parent)
        found = checked(calls(there, until), settings.kernel_folder, lambda at: report(at - there[0][0]), kept)
    _print(told(found), as_json=as_json)
    raise typer.Exit(0 if found.identical else 1)


def _only(settings: Settings) -> Path:
    """The one journal in the data folder."""
    there = sorted(path.parent for path in settings.journal_folder.glob("*/mark"))
    if len(there) != 1:
        names = ", ".join(str(path) for path in there) or f"none in {settings.journal_folder}"
        raise BadInput(f"expected one journal, found {names}; name one with --journal FOLDER")
    return there[0]


def _recorded(folder: Path) -> tuple[list[tuple[int, Path]], int]:
    """A journal's files, and up to where they are durable: a market process may be at work."""
    there, mark = files(folder), Mark.read(folder)
    if not there:
        raise BadInput(f"expected a journal's files (*.journal) in {folder}, found none")
    end = there[-1][0] + there[-1][1].stat().st_size
    return there, mark.position if mark is not None and there[-1][0] < mark.position <= end else end


def _named(paths: list[Path]) -> tuple[list[tuple[int, Path]], int]:
    there = []
    for path in paths:
        if not path.is_file():
            raise BadInput(f"expected a file of a journal, found no file {path}; a folder goes with --journal")
        with path.open("rb") as file:
            start = begins_at(file.read(_HEAD))
        if start is None:
            raise BadInput(f"expected a file of a journal, found something else in {path}")
        there.append((start, path))
    there.sort()
    return there, there[-1][0] + max(there[-1][1].stat().st_size, FILE_HEADER)


@contextmanager
def _progress(size: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """A bar for what takes over a second; it is gone afterwards."""
    began = time.monotonic()
    columns = TextColumn("given again"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=out, transient=True, disable=not shown) as progress:
        task = progress.add_task("", total=size, visible=False)
        yield lambda done: progress.update(task, completed=done, visible=time.monotonic() - began > _SHOWN_AFTER_S)


def told(found: "Certificate") -> Said:
    """The certificate as JSON."""
    from services.trading.parity import moment_of  # noqa: PLC0415

    return {
        "verdict": "identical" if found.identical else "different",
        "source": found.source,
        "calls": found.calls,
        "from": moment_of(found.first),
        "to": moment_of(found.last),
        "again": {what: _likeness(each) for what, each in sorted(found.kinds.items())},
        "runs": [_run(each) for each in found.runs],
        "counts": {name: count for name, count in found.counts.items() if count},
        "unchecked": found.unchecked,
        "versions": found.versions,
    }


def _likeness(each: "Likeness") -> Said:
    recorded, again = each.hashes
    hashes = {"sha256": recorded, "sha256_again": again}
    return {"rows": each.recorded, "rows_again": each.again, **hashes, "differ": each.differ, "first": each.first}


def _run(run: "Run") -> Said:
    return {
        "position": run.position,
        "symbols": run.symbols,
        "timeframes": run.recipe.timeframes,
        "kernel": run.recipe.kernel,
        "kernel_again": run.kernel,
        "versions": run.recipe.versions,
        "by_finished_bars": {what: _likeness(each) for what, each in run.standing.items()},
        "not_told_by_bars": run.left_out,
    }


def _print(told: Said, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(told))  # noqa: T201 one line
        return
    out.print(_table(told))
    counts = ", ".join(f"{count:,} {name}" for name, count in told["counts"].items())
    out.print(
        f"{told['source']}, {told['from']} to {told['to']}: {told['calls']:,} calls" + (f"; {counts}" if counts else "")
    )
    for run in told["runs"]:
        kernels = dict.fromkeys((run["kernel"], run["kernel_again"]))
        made = dict.fromkeys((_versions(run["versions"]), _versions(told["versions"])))
        out.print(f"{len(run['symbols']):,} symbols on {', '.join(run['timeframes'])}; {', again by '.join(kernels)}")
        out.print(f"recorded by {', again by '.join(made)}")
        if run["not_told_by_bars"]:
            out.print(f"{', '.join(run['not_told_by_bars'])}: of trades or quotes, so finished bars do not tell them")
    for why in told["unchecked"]:
        out.print(f"[yellow]not checked[/]: {why}")
    for each in _every(told):
        if each["first"]:
            out.print(f"[red]first that differs[/], {each['first']}")
    good = told["verdict"] == "identical"
    out.print("[bold green]identical[/]" if good else "[bold red]different[/]")


def _every(told: Said) -> Iterator[Said]:
    yield from told["again"].values()
    for run in told["runs"]:
        yield from run["by_finished_bars"].values()


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def _table(told: Said) -> Table:
    """A line a kind: rows, and the hashes of both sides."""
    table = Table(box=None, header_style="dim")
    table.add_column("rows of")
    for name in ("recorded", "differ"):
        table.add_column(name, justify="right")
    table.add_column("sha256 recorded")
    table.add_column("sha256 made again")
    lines = [(what.replace("_", " "), each) for what, each in told["again"].items()]
    for run in told["runs"]:
        lines += [(f"{what} by finished bars", each) for what, each in run["by_finished_bars"].items()]
    for name, each in lines:
        hashes = each["sha256"][:16], each["sha256_again"][:16]
        table.add_row(name, f"{each['rows']:,}", f"{each['differ']:,}", *hashes)
    return table
