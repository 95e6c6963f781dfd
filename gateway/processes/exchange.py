"""The local exchange, by itself and as a child of `candela up`."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from core.bank import Bank
from core.events import Symbols
from core.settings import Settings
from feeds.exchange import Exchange
from feeds.faults import Plan
from feeds.played import brings_bars, played, recorded
from feeds.simulated import default_symbols, simulated
from gateway.running import asked_to_stop, out, tell, tell_until
from gateway.table import lines_of


async def run_exchange(
    settings: Settings, file: Path | None, seconds: int | None, faults: Sequence[str], *, rebase: bool, as_json: bool
) -> int:
    """`candela exchange`: until stopped, or until a finite session has been played."""
    exchange = _made(settings, file, seconds, faults, rebase=rebase)
    stop = asked_to_stop()
    await exchange.start()
    addresses = {venue: exchange.url(venue) for venue in ("alpaca", "binance")}
    addresses["history"] = f"http://{exchange.host}:{exchange.port}"
    told = {"addresses": addresses, "key": settings.exchange.key, "port": exchange.port}
    tell(told) if as_json else out.print(
        f"alpaca   ws://{exchange.host}:{exchange.port}/v2/iex  (key {settings.exchange.key}, secret as set)\n"
        f"binance  ws://{exchange.host}:{exchange.port}/stream?streams=…\n"
        f"history  {addresses['history']}/v2/stocks/trades, /v2/stocks/quotes, /v2/stocks/bars, /api/v3/trades\n"
        "The session begins with the first subscription."
    )
    finished = asyncio.create_task(exchange.finished.wait())
    await asyncio.wait([asyncio.create_task(stop.wait()), finished], return_when=asyncio.FIRST_COMPLETED)
    await exchange.stop()
    figures = exchange.figures
    tell(figures) if as_json else out.print(f"sent {figures['sent']}")
    for name, line in lines_of(figures) if not as_json else ():
        out.print(f"{name} {line}")
    return 0


async def serve(settings: Settings, faults: Sequence[str] = ()) -> int:
    """The simulated session, moved to now."""
    exchange = _made(settings, None, None, faults, rebase=True)
    stop = asked_to_stop(supervised=True)
    await exchange.start()
    tell({"event": "ready", "address": exchange.url("alpaca"), "port": exchange.port})
    await tell_until(stop, lambda: exchange.figures)
    await exchange.stop()
    tell(exchange.figures)
    return 0


def _made(
    settings: Settings, file: Path | None, seconds: int | None, faults: Sequence[str], *, rebase: bool
) -> Exchange:
    wanted = settings.exchange
    Plan(faults)  # what is wrong with them is said at once, not behind the kernel
    if file is not None:
        symbols = Symbols(grows=True)
        source = recorded(file, symbols)
    else:
        symbols = Symbols(settings.feed.symbols or default_symbols(wanted.symbols))
        batches = simulated(
            len(symbols), seed=wanted.seed, start=1_700_000_000_000_000_000, rate=wanted.rate, seconds=seconds
        )
        source = played(batches)
    bars = None if file is not None and brings_bars(file) else Bank((), ("1m",), settings.kernel_folder)
    return Exchange(
        source, symbols, bars, host=wanted.host, port=wanted.port, key=wanted.key,
        secret=wanted.secret.get_secret_value(), speed=wanted.speed, rebase=rebase, faults=faults, seed=wanted.seed,
    )  # fmt: skip
