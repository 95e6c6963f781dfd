"""What each verb that runs for a while does: the composition roots of its processes."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live

from core.errors import ConfigError
from core.events import Symbols
from core.postgres import Embedded
from core.reader import reader_of
from core.settings import Settings
from feeds.replay import ReplayFeed
from gateway.app import serve
from gateway.children import Figures
from gateway.hub import Hub
from gateway.table import live_table, summary_table
from gateway.up import Platform, summary, up
from services.market import live_feed, market
from services.storing import store_figures, storing, upkeep

out = Console(highlight=False)
_LINES_S = 5.0  # between two lines when there is no terminal


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


async def run_platform(
    settings: Settings, arguments: list[str], environ: Mapping[str, str], *, faults: Sequence[str], as_json: bool
) -> int:
    """`candela up`: a live table in a terminal, else a JSON line every few seconds."""
    if as_json or not out.is_terminal:
        final = await up(Platform(settings, arguments, environ, faults), _Lines().show, tell)
        tell({"summary": final})
    else:
        addresses: dict[str, str] = {}
        with Live(console=out, refresh_per_second=2) as live:
            before: list[tuple[float, Figures]] = [(time.monotonic(), {})]

            def show(figures: Figures) -> None:
                then, last = before[0]
                now = time.monotonic()
                live.update(live_table(figures, last, now - then, addresses))
                before[0] = (now, json.loads(json.dumps(figures)))

            platform = Platform(settings, arguments, environ, faults)
            final = await up(platform, show, lambda told: addresses.update(told["addresses"]))
        out.print(summary_table(final))
    return 0 if final["balanced"] else 1


class _Lines:
    def __init__(self) -> None:
        self._last = 0.0

    def show(self, figures: Figures) -> None:
        if time.monotonic() - self._last >= _LINES_S:
            self._last = time.monotonic()
            tell(figures)


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


async def run_replay(settings: Settings, file: Path, source: str, *, speed: float, as_json: bool) -> int:
    """`candela replay`: the file through the engine, into the store."""
    symbols = Symbols(source=source, grows=True)
    feed = ReplayFeed(file, symbols, speed=speed, close_delay=settings.market.close_delay_ms * 1_000_000)
    stop = asked_to_stop()
    began = time.monotonic()
    async with database(settings) as with_store:
        running = await market(with_store, feed, symbols)
        async with storing(with_store) as (store, _):
            closing = asyncio.create_task(_close_when(stop, feed))
            figures = await running.run(lambda told: None if as_json else out.print(_progress(told)))
            closing.cancel()
    final = {
        **summary({"market": figures, "store": store_figures(store)}),
        "symbols": symbols.names,
        "seconds": round(time.monotonic() - began, 2),
    }
    tell(final) if as_json else out.print(summary_table(final))
    return 0 if final["balanced"] else 1


def _progress(told: Figures) -> str:
    return (
        f"{told['ticks']:,} ticks, {told['bars']:,} bars, {told['signals']:,} signals, {told['waiting']:,} rows waiting"
    )


async def serve_market(settings: Settings) -> int:
    _check_store(settings, "the market process needs a store")
    feed, symbols = live_feed(settings)
    stop = asked_to_stop(supervised=True)
    running = await market(settings, feed, symbols, _bus_url(settings))
    realtime = settings.market.realtime and running.hurry()
    tell({"event": "ready", "realtime": realtime})
    closing = asyncio.create_task(_close_when(stop, feed))
    try:
        tell(await running.run(tell))
    finally:
        closing.cancel()
    return 0


async def serve_store(settings: Settings) -> int:
    _check_store(settings, "the store process needs a database")
    stop = asked_to_stop(supervised=True)
    os.nice(5)  # what storing costs never delays a signal
    async with storing(settings) as (store, running):
        tell({"event": "ready"})
        telling = asyncio.create_task(tell_until(stop, lambda: store_figures(store)))
        tidying = asyncio.create_task(upkeep(settings))
        await asyncio.wait({telling, running}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()  # a store that failed raises as it is left, and is started again
        await telling
        tidying.cancel()
    tell(store_figures(store))
    return 0


async def serve_gateway(settings: Settings) -> int:
    _check_store(settings, "the gateway needs a store")
    stop = asked_to_stop(supervised=True)
    hub = Hub(_bus_url(settings))

    def figures() -> Figures:
        quantiles = {f"p{q}": hub.signal_latency.quantile(q / 100) / 1000 for q in (50, 99)}
        known = {name: round(value, 1) if value == value else None for name, value in quantiles.items()}  # noqa: PLR0124 NaN
        return {"clients": len(hub.clients), "signal_to_gateway_us": known, "lost_rows": hub.lost_rows}

    telling = asyncio.create_task(tell_until(stop, figures))
    await serve(settings, hub, stop, lambda address: tell({"event": "ready", "address": address}))
    stop.set()
    await telling
    return 0


def _check_store(settings: Settings, need: str) -> None:
    if not settings.store.url.get_secret_value():
        raise ConfigError(f"{need}: set CANDELA__STORE__URL, or use `candela up`")
    reader_of(settings.store)


def _bus_url(settings: Settings) -> str:
    return settings.bus.url or f"unix://{settings.data.folder}/bus.sock"


async def _close_when(stop: asyncio.Event, feed: Any) -> None:  # Any: whatever feed can be closed
    await stop.wait()
    feed.close()


async def tell_until(stop: asyncio.Event, figures: Any) -> None:  # Any: a function that gives figures
    while not stop.is_set():
        tell(figures())
        try:
            await asyncio.wait_for(stop.wait(), 1.0)
        except TimeoutError:
            continue
