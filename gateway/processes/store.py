"""The store process: what carries the journals into the database, and keeps that tidy."""

import asyncio
import os

from core.settings import Settings
from gateway.running import asked_to_stop, check_store, tell, tell_until
from services.storing import store_figures, storing, upkeep


async def serve(settings: Settings) -> int:
    """Until it is asked to stop and all that is durable was carried over."""
    check_store(settings, "the store process needs a database")
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
