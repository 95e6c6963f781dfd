"""What the composition roots of all verbs and processes share: telling, stopping, and a database to work with."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rich.console import Console

from core.errors import ConfigError
from core.postgres import Embedded
from core.reader import reader_of
from core.settings import Settings

Figures = dict[str, Any]  # Any: JSON

out = Console(highlight=False)


def tell(figures: Figures) -> None:
    """One JSON line for whoever started this process."""
    print(json.dumps(figures), flush=True)  # noqa: T201


def asked_to_stop(*, supervised: bool = False) -> asyncio.Event:
    """Set by SIGINT, SIGTERM, and for a child by the death of its parent (the end of its input)."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if supervised and not sys.stdin.isatty():
        loop.add_reader(sys.stdin.fileno(), lambda: stop.set() if not os.read(sys.stdin.fileno(), 1024) else None)
    return stop


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Settings]:
    """The settings with a store's URL: their own, or that of the embedded server, started for as long as needed."""
    reader = reader_of(settings.store)
    if settings.store.url.get_secret_value():
        yield settings
        return
    embedded = Embedded(settings.data.folder, reader)
    alone = not (settings.data.folder / "postgres/postmaster.pid").exists()
    try:
        url = await asyncio.to_thread(embedded.start)
        store = {**settings.store.model_dump(), "url": url, "port": 0}
        yield Settings.model_validate({**settings.model_dump(), "store": store})
    finally:
        if alone:
            await asyncio.to_thread(embedded.stop)


def check_store(settings: Settings, need: str) -> None:
    """ConfigError, when no database is named."""
    if not settings.store.url.get_secret_value():
        raise ConfigError(f"{need}: set CANDELA__STORE__URL, or use `candela up`")
    reader_of(settings.store)


def bus_url(settings: Settings) -> str:
    """Where the market process and the gateway meet."""
    return settings.bus.url or f"unix://{settings.data.folder}/bus.sock"


async def close_when(stop: asyncio.Event, feed: Any) -> None:  # Any: whatever feed can be closed
    """End a feed once we are asked to stop."""
    await stop.wait()
    feed.close()


async def tell_until(stop: asyncio.Event, figures: Any) -> None:  # Any: a function that gives figures
    """Tell the figures once a second until we are asked to stop."""
    while not stop.is_set():
        tell(figures())
        try:
            await asyncio.wait_for(stop.wait(), 1.0)
        except TimeoutError:
            continue
