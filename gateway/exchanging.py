"""`candela exchange` and `candela serve exchange`: the local exchange, by itself and as a part of the platform."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from core import log
from core.bank import Bank
from core.events import Symbols
from core.loop import run_until_complete
from core.settings import Settings
from feeds.exchange import Exchange
from feeds.faults import Plan
from feeds.played import brings_bars, played, recorded
from feeds.simulated import default_symbols, simulated
from gateway.flags import AsJson, ConfigFile, FaultList, loaded
from gateway.running import asked_to_stop, out, tell, tell_until
from gateway.table import lines_of
from services.market import kernel_folder


def exchange(  # noqa: PLR0913 each is a flag
    *,
    file: Annotated[Path | None, typer.Argument(help="A recorded session; without it, a simulated one.")] = None,
    port: Annotated[int | None, typer.Option(help="0 for any free one.")] = None,
    speed: Annotated[float | None, typer.Option(help="0 as fast as the readers take it, 1 the original pace.")] = None,
    seconds: Annotated[int | None, typer.Option(help="How long a simulated session lasts; endless without.")] = None,
    rebase: Annotated[bool, typer.Option(help="Move the session to now.")] = False,
    fault: FaultList = None,
    seed: Annotated[int | None, typer.Option(help="The chance of a simulated session, and of faults.")] = None,
    config_file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """The local exchange: plays a session over Alpaca's and Binance's real wire protocols, until Ctrl-C.

    Example: candela exchange session.gz --port 9000 --speed 10 --fault mute@20s+5s --fault dup=0.01
    """
    settings, _ = loaded(config_file, {"exchange": {"port": port, "speed": speed, "seed": seed}})
    log.configure(settings.log.level, "exchange")
    work = _run(settings, file, seconds, fault or (), rebase=rebase or file is None, as_json=as_json)
    raise typer.Exit(run_until_complete(work))


def serve(fault: FaultList = None, config_file: ConfigFile = None) -> None:
    """The exchange's simulated session, moved to now.

    Example: CANDELA__EXCHANGE__PORT=9000 candela serve exchange
    """
    settings, _ = loaded(config_file, {})
    log.configure(settings.log.level, "exchange")
    raise typer.Exit(run_until_complete(_serve(settings, fault or ())))


async def _run(
    settings: Settings, file: Path | None, seconds: int | None, faults: Sequence[str], *, rebase: bool, as_json: bool
) -> int:
    """Until stopped, or until a finite session has been played."""
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


async def _serve(settings: Settings, faults: Sequence[str]) -> int:
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
    bars = None if file is not None and brings_bars(file) else Bank((), ("1m",), kernel_folder(settings))
    return Exchange(
        source, symbols, bars, host=wanted.host, port=wanted.port, key=wanted.key,
        secret=wanted.secret.get_secret_value(), speed=wanted.speed, rebase=rebase, faults=faults, seed=wanted.seed,
    )  # fmt: skip
