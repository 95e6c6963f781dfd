"""The verbs around the local exchange: play a session, record one."""

from pathlib import Path
from typing import Annotated

import typer

from core import log
from core.loop import run_until_complete
from gateway.flags import AsJson, ConfigFile, FaultList, SymbolList, loaded, split


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
    from gateway.processes.exchange import run_exchange  # noqa: PLC0415 other verbs need no server

    settings, _ = loaded(config_file, {"exchange": {"port": port, "speed": speed, "seed": seed}})
    log.configure(settings.log.level, "exchange")
    work = run_exchange(settings, file, seconds, fault or (), rebase=rebase or file is None, as_json=as_json)
    raise typer.Exit(run_until_complete(work))


def serve(fault: FaultList = None, config_file: ConfigFile = None) -> None:
    """The exchange's simulated session, moved to now.

    Example: CANDELA__EXCHANGE__PORT=9000 candela serve exchange
    """
    from gateway.processes.exchange import serve as run  # noqa: PLC0415

    settings, _ = loaded(config_file, {})
    log.configure(settings.log.level, "exchange")
    raise typer.Exit(run_until_complete(run(settings, fault or ())))


def record(
    *,
    file: Annotated[Path, typer.Option("--out", help="A new file, gzip.")],
    feed: Annotated[
        str | None, typer.Option("--feed", help="exchange (local), alpaca, alpaca_crypto, binance or coinbase.")
    ] = None,
    symbols: SymbolList = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="For how long; until Ctrl-C without.")] = None,
    config_file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """A live feed's frames into a file, exactly as they came: for `candela replay` and `candela exchange`.

    Example: candela record --out btc.gz --feed binance --symbols BTCUSDT --seconds 3600
    """
    from gateway.recording import run_record  # noqa: PLC0415 other verbs need no feed

    settings, _ = loaded(config_file, {"feed": {"venue": feed, "symbols": split(symbols)}})
    log.configure(settings.log.level, "record")
    raise typer.Exit(run_until_complete(run_record(settings, file, seconds, as_json=as_json)))
