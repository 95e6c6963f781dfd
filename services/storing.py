"""The store as a part of a process: a thread that carries the journals over for as long as it is wanted."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg

from core.errors import CandelaError, one_line
from core.log import logger
from core.settings import Settings
from core.store import Store
from core.upkeep import Done, kept_up

Figures = dict[str, Any]  # Any: JSON

_EVERY_S = 6 * 3600.0


@asynccontextmanager
async def storing(settings: Settings) -> AsyncIterator[tuple[Store, asyncio.Task[None]]]:
    """A store that carries the journals over in a thread, and all that is left at the end; and its task."""
    store = Store(settings.store.url.get_secret_value(), settings.journal_folder, flush_ms=settings.store.flush_ms)
    await asyncio.to_thread(store.open)
    stop = threading.Event()
    running = asyncio.create_task(asyncio.to_thread(store.run, stop))
    try:
        yield store, running
    finally:
        stop.set()
        await running


async def upkeep(settings: Settings) -> None:
    """Move and delete old rows as the settings say, at once and then every few hours, until cancelled.

    Whatever is in the way is said and tried again: rows that stay longer are no loss.
    """
    moving, deleting = settings.archive.days, settings.retention.days
    url, folder = settings.store.url.get_secret_value(), settings.archive_folder

    def work() -> None:
        kept_up(url, folder, archive=moving, retention=deleting, said=_said, now=datetime.now(UTC))

    while moving or deleting:
        try:
            await asyncio.to_thread(work)
        except (CandelaError, psycopg.Error, OSError) as error:
            logger().warning("upkeep_failed", error=one_line(error), again_in_s=_EVERY_S)
        await asyncio.sleep(_EVERY_S)


def _said(step: Done) -> None:
    logger().info("rows_moved" if step.path else "rows_deleted", kind=step.kind, rows=step.rows, path=step.path)


def store_figures(store: Store) -> Figures:
    """What was carried over, refused, and is still to come."""
    return {
        "written": dict(store.written),
        "lost": dict(store.lost),
        "waiting": store.waiting,
        "behind_bytes": store.behind,
    }
