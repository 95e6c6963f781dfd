"""The gateway process: REST, the stream and the page."""

import asyncio

from core.settings import Settings
from gateway.app import serve as serve_app
from gateway.hub import Hub
from gateway.running import Figures, asked_to_stop, bus_url, check_store, tell, tell_until


async def serve(settings: Settings) -> int:
    """Until it is asked to stop and its clients were told goodbye."""
    check_store(settings, "the gateway needs a store")
    stop = asked_to_stop(supervised=True)
    hub = Hub(bus_url(settings))

    def figures() -> Figures:
        quantiles = {f"p{q}": hub.signal_latency.quantile(q / 100) / 1000 for q in (50, 99)}
        known = {name: round(value, 1) if value == value else None for name, value in quantiles.items()}  # noqa: PLR0124 NaN
        return {"clients": len(hub.clients), "signal_to_gateway_us": known, "lost_rows": hub.lost_rows}

    telling = asyncio.create_task(tell_until(stop, figures))
    await serve_app(settings, hub, stop, lambda address: tell({"event": "ready", "address": address}))
    stop.set()
    await telling
    return 0
