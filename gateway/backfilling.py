"""`candela backfill`: a recorded history merged into the store, and what came of it as a table."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from core.events import Symbols
from core.moments import moment, parsed
from core.settings import Settings
from feeds.replay import session
from feeds.stats import FeedStats
from gateway.running import asked_to_stop, database, out, tell
from services.backfill.run import backfill
from services.backfill.tally import ARCHIVED, UNTOLD, Asked, Backfilled, Report, Tally

_SHOWN_AFTER_S = 1.0
_COLUMNS = tuple(each.name for each in fields(Tally))


async def run_backfill(
    settings: Settings,
    file: Path,
    source: str,
    *,
    span: tuple[str | None, str | None],
    dry_run: bool,
    as_json: bool,
) -> int:
    """0 when all was merged, 1 when something could not be or it was stopped."""
    start, end = parsed("--start", span[0]), parsed("--end", span[1])
    symbols, stats, stop = Symbols(source=source, grows=True), FeedStats(), threading.Event()
    batches = session(file, symbols, stats)
    stopping = asyncio.create_task(_when(asked_to_stop(), stop))
    began = time.monotonic()
    async with database(settings) as with_store:
        asked = Asked(
            with_store.store.url.get_secret_value(), settings.data.folder, settings.kernel_folder, start, end,
            close_delay=settings.market.close_delay_ms * 1_000_000, dry_run=dry_run,
        )  # fmt: skip
        with _progress(shown=out.is_terminal and not as_json) as report:
            done = await asyncio.to_thread(backfill, batches, symbols, asked, report=report, stop=stop)
    stopping.cancel()
    if as_json:
        seconds = round(time.monotonic() - began, 2)
        tell({**_told(done, source, dry_run=dry_run), "bad_frames": stats.bad_frames, "seconds": seconds})
    else:
        _show(done, stats, dry_run=dry_run)
    return 1 if done.stopped or done.refused[UNTOLD] or done.refused[ARCHIVED] else 0


async def _when(asked: asyncio.Event, stop: threading.Event) -> None:
    await asked.wait()
    stop.set()


@contextmanager
def _progress(*, shown: bool) -> Iterator[Report]:
    """A bar for what takes over a second; it is gone afterwards."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    began = time.monotonic()
    with Progress(*columns, console=out, transient=True, disable=not shown) as progress:
        task = progress.add_task("backfill", total=None, visible=False)

        def report(doing: str, done: int, total: int) -> None:
            late = time.monotonic() - began > _SHOWN_AFTER_S
            progress.update(task, description=doing, completed=done, total=total or None, visible=late)

        yield report


def _told(done: Backfilled, source: str, *, dry_run: bool) -> dict[str, Any]:  # Any: JSON
    return {
        "source": source,
        "start": done.span[0],
        "end": done.span[1],
        "settled": done.settled,
        "symbols": {name: asdict(tally) for name, tally in done.symbols.items()},
        "refused": dict(done.refused),
        "dry_run": dry_run,
        "stopped": done.stopped,
    }


def _show(done: Backfilled, stats: FeedStats, *, dry_run: bool) -> None:
    out.print(_table(done))
    if stats.bad_frames:
        out.print(f"{stats.bad_frames:,} frames made no sense")
    for sentence in _hints(done, dry_run=dry_run):
        out.print(sentence)


def _table(done: Backfilled) -> Table:
    """A line a symbol; columns of nothing but zeros are left out, but for the first three."""
    tallies = {name: asdict(tally) for name, tally in done.symbols.items()}
    shown = [name for name in _COLUMNS if name in _COLUMNS[:3] or any(each[name] for each in tallies.values())]
    table = Table(box=None, header_style="dim")
    table.add_column("symbol")
    for name in shown:
        table.add_column(name.replace("_", " "), justify="right")
    for name, tally in tallies.items():
        table.add_row(name or "(no name)", *(f"{tally[column]:,}" for column in shown))
    return table


def _hints(done: Backfilled, *, dry_run: bool) -> Iterator[str]:
    """What was left undone and why, and what to do next."""
    later = sum(tally.later for tally in done.symbols.values())
    waiting = sum(tally.bars_waiting for tally in done.symbols.values())
    refused = {reason: rows for reason, rows in done.refused.items() if rows and reason not in (UNTOLD, ARCHIVED)}
    if refused:
        yield f"refused: {json.dumps(refused)}"
    if done.refused[UNTOLD]:
        yield (
            f"{done.refused[UNTOLD]:,} trades cannot be told from stored ones: expected trade ids in the file and in"
            " the store, or a stretch without stored trades; use a file with trade_id, or narrow it by --start, --end"
        )
    if done.refused[ARCHIVED]:
        yield f"{done.refused[ARCHIVED]:,} trades are of days that were moved into the archive, which is not changed"
    if later or waiting:
        yield (
            f"{later:,} trades and {waiting:,} bars are younger than what is surely stored of the stream (until"
            f" {moment(done.settled):%Y-%m-%dT%H:%M:%S}Z): run it again when the stream has gone on"
        )
    if done.stopped:
        yield "stopped: run it again, it goes on where it was"
    elif dry_run:
        yield "nothing was written: run it again without --dry-run"
    elif any(tally.inserted or tally.bars_new or tally.bars_corrected for tally in done.symbols.values()):
        yield "→ bars as they were before, and the gaps that were filled: the views market_corrections and market_gaps"
