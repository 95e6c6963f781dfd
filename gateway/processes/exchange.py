"""The local exchange, by itself and as a child of `candela up`."""

import asyncio
from pathlib import Path

from core.bank import Bank
from core.events import Symbols
from core.settings import Settings
from feeds.exchange import Exchange, played, recorded
from feeds.simulated import default_symbols, simulated
from gateway.running import asked_to_stop, out, tell, tell_until


async def run_exchange(
    settings: Settings, file: Path | None, seconds: int | None, *, rebase: bool, as_json: bool
) -> int:
    """`candela exchange`: until stopped, or until a finite session has been played."""
    exchange = _exchange(settings, file, seconds, rebase=rebase)
    stop = asked_to_stop()
    await exchange.start()
    addresses = {venue: exchange.url(venue) for venue in ("alpaca", "binance")}
    told = {"addresses": addresses, "key": settings.exchange.key, "port": exchange.port}
    tell(told) if as_json else out.print(
        f"alpaca   ws://{exchange.host}:{exchange.port}/v2/iex  (key {settings.exchange.key}, secret as set)\n"
        f"binance  ws://{exchange.host}:{exchange.port}/stream?streams=…\n"
        "The session begins with the first subscription."
    )
    finished = asyncio.create_task(exchange.finished.wait())
    await asyncio.wait([asyncio.create_task(stop.wait()), finished], return_when=asyncio.FIRST_COMPLETED)
    await exchange.stop()
    tell({"sent": dict(exchange.sent)}) if as_json else out.print(f"sent {dict(exchange.sent)}")
    return 0


def _exchange(settings: Settings, file: Path | None, seconds: int | None = None, *, rebase: bool) -> Exchange:
    wanted = settings.exchange
    if file is not None:
        symbols = Symbols(grows=True)
        source = recorded(file, symbols)
    else:
        symbols = Symbols(settings.feed.symbols or default_symbols(wanted.symbols))
        batches = simulated(
            len(symbols), seed=wanted.seed, start=1_700_000_000_000_000_000, rate=wanted.rate, seconds=seconds
        )
        source = played(batches)
    return Exchange(
        source, symbols, Bank((), ("1m",), settings.kernel_folder), host=wanted.host, port=wanted.port, key=wanted.key,
        secret=wanted.secret.get_secret_value(), speed=wanted.speed, rebase=rebase,
    )  # fmt: skip


async def serve(settings: Settings) -> int:
    """The simulated session, moved to now."""
    exchange = _exchange(settings, None, rebase=True)
    stop = asked_to_stop(supervised=True)
    await exchange.start()
    tell({"event": "ready", "address": exchange.url("alpaca"), "port": exchange.port})
    await tell_until(stop, lambda: {"sent": dict(exchange.sent)})
    await exchange.stop()
    tell({"sent": dict(exchange.sent)})
    return 0
