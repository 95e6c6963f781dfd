"""Upkeep: what settings say of old rows, done: moved into the archive, then deleted when their time is over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.archive import KINDS
from core.archiving import Mover

Said = Callable[["Done"], None]


@dataclass(frozen=True)
class Done:
    """One step: a day's rows of a kind became a file, or rows of a kind were deleted."""

    kind: str
    rows: int
    path: str = ""


def kept_up(
    url: str, folder: Path, *, archive: Mapping[str, int], retention: Mapping[str, int], said: Said, now: datetime
) -> None:
    """Delete what is older than `retention` says, then move what is older than `archive` says: whole days by kind.

    Each step is whole by itself: killed in between, the next run goes on.
    """
    with Mover(url, folder) as mover:
        for kind in KINDS:
            if kind in retention:
                rows = mover.drop(kind, midnight(now, retention[kind]))
                if rows:
                    said(Done(kind, rows))
            if kind in archive:
                for unit in mover.due(kind, midnight(now, archive[kind])):
                    for part in mover.move(unit):
                        said(Done(kind, part.rows, part.path))


def midnight(now: datetime, days: int) -> datetime:
    """The beginning of the UTC day so many days ago."""
    return datetime.combine(now.astimezone(UTC).date(), datetime.min.time(), UTC) - timedelta(days=days)
