"""The store as a part of a process: a thread that carries the journals over for as long as it is wanted."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from core.settings import Settings
from core.store import Store
from services.market import journal_root

Figures = dict[str, Any]  # Any: JSON


@asynccontextmanager
async def storing(settings: Settings) -> AsyncIterator[tuple[Store, asyncio.Task[None]]]:
    """A store that carries the journals over in a thread, and all that is left at the end; and its task."""
    store = Store(settings.store.url.get_secret_value(), journal_root(settings), flush_ms=settings.store.flush_ms)
    await asyncio.to_thread(store.open)
    stop = threading.Event()
    running = asyncio.create_task(asyncio.to_thread(store.run, stop))
    try:
        yield store, running
    finally:
        stop.set()
        await running


def store_figures(store: Store) -> Figures:
    """What was carried over, refused, and is still to come."""
    return {
        "written": dict(store.written),
        "lost": dict(store.lost),
        "waiting": store.waiting,
        "behind_bytes": store.behind,
    }
