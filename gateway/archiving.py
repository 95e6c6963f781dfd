"""`candela archive`: old rows into Parquet files, by hand."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from core.archive import KINDS
from core.errors import BadInput, nearest
from core.loop import run_until_complete
from core.settings import Settings
from core.upkeep import Done, kept_up
from gateway.flags import out
from gateway.running import database

Days = dict[str, int]  # by kind of rows


def run_archive(settings: Settings, older_than: int | None, kinds: str, *, as_json: bool) -> None:
    """Move what settings say, or what is older than so many days, and tell it."""
    moving = _moving(settings, older_than, [name.strip() for name in kinds.split(",") if name.strip()])
    deleting = settings.retention.days if older_than is None else {}
    if not moving and not deleting:
        raise BadInput("nothing is to be moved: say --older-than DAYS, or set archive.trades_days and the like")
    done = _done(settings, moving, deleting, as_json=as_json)
    _tell(settings.archive_folder, done, as_json=as_json)


def _done(settings: Settings, moving: Days, deleting: Days, *, as_json: bool) -> list[Done]:
    """Do it, saying each step."""
    done: list[Done] = []

    def said(step: Done) -> None:
        done.append(step)
        if not as_json:
            out.print(f"{step.path or 'deleted'}  [dim]{step.rows:,} rows[/]")

    async def work() -> int:
        async with database(settings) as with_store:
            url, folder = with_store.store.url.get_secret_value(), settings.archive_folder
            now = datetime.now(UTC)
            await asyncio.to_thread(
                lambda: kept_up(url, folder, archive=moving, retention=deleting, said=said, now=now)
            )
        return 0

    run_until_complete(work())
    return done


def _moving(settings: Settings, older_than: int | None, kinds: list[str]) -> dict[str, int]:
    for name in kinds:
        if name not in KINDS:
            raise BadInput(f"expected kinds out of {', '.join(KINDS)}; found {name!r}{nearest(name, KINDS)}")
    wanted = dict.fromkeys(KINDS, older_than) if older_than is not None else settings.archive.days
    return {kind: days for kind, days in wanted.items() if days is not None and kind in (kinds or KINDS)}


def _tell(folder: Path, done: list[Done], *, as_json: bool) -> None:
    moved, deleted, files = Counter[str](), Counter[str](), Counter[str]()
    for step in done:
        (moved if step.path else deleted)[step.kind] += step.rows
        files[step.kind] += bool(step.path)
    if as_json:
        told = {"folder": str(folder), "moved": dict(moved), "files": dict(+files), "deleted": dict(deleted)}
        out.print_json(json.dumps(told))
        return
    table = Table("kind", "rows moved", "files", "rows deleted", box=None)
    for kind in KINDS:
        if moved[kind] or deleted[kind]:
            table.add_row(kind, f"{moved[kind]:,}", str(files[kind]), f"{deleted[kind]:,}")
    out.print(table if done else "nothing is old enough")
    out.print(f"[dim]polars and DuckDB read them too: {folder}/KIND/*/*.parquet[/]")
