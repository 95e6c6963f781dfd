"""`candela replay`: a recorded session through the engine, into the store."""

import asyncio
import time
from pathlib import Path

from core.events import Symbols
from core.settings import Settings
from feeds.replay import ReplayFeed
from gateway.running import Figures, asked_to_stop, close_when, database, out, tell
from gateway.table import summary_table
from gateway.up import summary
from services.market import market
from services.storing import store_figures, storing


async def run_replay(settings: Settings, file: Path, source: str, *, speed: float, as_json: bool) -> int:
    """`candela replay`: the file through the engine, into the store."""
    symbols = Symbols(source=source, grows=True)
    feed = ReplayFeed(file, symbols, speed=speed, close_delay=settings.market.close_delay_ms * 1_000_000)
    stop = asked_to_stop()
    began = time.monotonic()
    async with database(settings) as with_store:
        running = await market(with_store, feed, symbols)
        async with storing(with_store) as (store, _):
            closing = asyncio.create_task(close_when(stop, feed))
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
