"""The market process: feed, engine, journal and bus."""

import asyncio

from core.settings import Settings
from gateway.running import asked_to_stop, bus_url, check_store, close_when, tell
from services.market import live_feed, market


async def serve(settings: Settings) -> int:
    """Until it is asked to stop; its last line has the final figures."""
    check_store(settings, "the market process needs a store")
    feed, symbols = live_feed(settings)
    stop = asked_to_stop(supervised=True)
    running = await market(settings, feed, symbols, bus_url(settings))
    realtime = settings.market.realtime and running.hurry()
    tell({"event": "ready", "realtime": realtime})
    closing = asyncio.create_task(close_when(stop, feed))
    try:
        tell(await running.run(tell))
    finally:
        closing.cancel()
    return 0
