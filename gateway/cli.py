"""The command line: `candela VERB`."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from core import log
from core.errors import CandelaError
from core.loop import run_until_complete
from gateway import backtesting, checking, exchanging, offline, parity, sweeping
from gateway.flags import AsJson, ConfigFile, DataFolder, FaultList, Flags, SymbolList, environ_of, loaded, split

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
serve = typer.Typer(no_args_is_help=True, help="One part of the platform by itself, as in a cluster.")
config = typer.Typer(no_args_is_help=True, help="The settings in force.")
app.add_typer(serve, name="serve")
dashboards = typer.Typer(no_args_is_help=True, help="What people look at.")
app.add_typer(config, name="config")
app.add_typer(dashboards, name="dashboards")
app.add_typer(checking.check, name="check")


@app.command()
def up(
    *,
    config_file: ConfigFile = None,
    feed: Annotated[
        str | None, typer.Option("--feed", help="exchange (local), alpaca, alpaca_crypto, binance or coinbase.")
    ] = None,
    symbols: SymbolList = None,
    host: Annotated[str | None, typer.Option("--host", help="Where the gateway listens.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="The gateway's port; 0 for any free one.")] = None,
    fault: FaultList = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Everything: feed, market loop, store, gateway and page, until Ctrl-C.

    Example: candela up --feed binance --symbols BTCUSDT,ETHUSDT
    """
    from gateway.platform import run_platform  # noqa: PLC0415 other verbs need no web server

    flags: Flags = {
        "feed": {"venue": feed, "symbols": split(symbols)},
        "gateway": {"host": host, "port": port},
        "data": {"folder": str(data.absolute()) if data else None},
    }
    settings, _ = loaded(config_file, flags)
    log.configure(settings.log.level, "up")
    arguments = ["--config", str(config_file)] if config_file else []
    work = run_platform(settings, arguments, environ_of(flags), faults=fault or (), as_json=as_json)
    raise typer.Exit(run_until_complete(work))


@app.command()
def replay(
    *,
    file: Annotated[Path, typer.Argument(help="Recorded frames (gzip or not), CSV or Parquet.")],
    speed: Annotated[
        float, typer.Option(help="0 as fast as possible, 1 the original pace, 10 ten times as fast.")
    ] = 0.0,
    source: Annotated[str, typer.Option(help="The name of the source the symbols are stored under.")] = "replay",
    config_file: ConfigFile = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """A recorded session through the same engine and into the store.

    Example: candela replay trades.parquet --speed 10
    """
    from gateway.replaying import run_replay  # noqa: PLC0415 other verbs need no engine

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    log.configure("warning" if settings.log.level == "info" else settings.log.level, "replay")
    raise typer.Exit(run_until_complete(run_replay(settings, file, source, speed=speed, as_json=as_json)))


@app.command()
def backfill(
    *,
    file: Annotated[Path, typer.Argument(help="Recorded frames (gzip or not), CSV or Parquet.")],
    source: Annotated[str, typer.Option(help="The stored source that the history belongs to.")],
    start: Annotated[str | None, typer.Option(help="From here on the file has all trades: RFC 3339 or ns.")] = None,
    end: Annotated[str | None, typer.Option(help="Until before here; without, what the file spans.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    config_file: ConfigFile = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """A recorded history merged with what was stored live: missing trades in, their bars rebuilt, corrections kept.

    Example: candela backfill trades.parquet --source alpaca --start 2026-11-24T14:30:00Z
    """
    from gateway.backfilling import run_backfill  # noqa: PLC0415 other verbs need no engine

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    log.configure("warning" if settings.log.level == "info" else settings.log.level, "backfill")
    work = run_backfill(settings, file, source, span=(start, end), dry_run=dry_run, as_json=as_json)
    raise typer.Exit(run_until_complete(work))


@app.command()
def archive(
    *,
    older_than: Annotated[
        int | None, typer.Option(min=1, help="Days; without it what the settings say ([archive], [retention]).")
    ] = None,
    kinds: Annotated[str, typer.Option(help="Of trades, quotes, bars, values, signals; separated by commas.")] = "",
    config_file: ConfigFile = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Move old rows out of the database into Parquet files, which the platform goes on reading as if nothing had moved.

    Example: candela archive --older-than 30 --kinds trades,quotes
    """
    from gateway.archiving import run_archive  # noqa: PLC0415 other verbs need no Parquet

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    log.configure("error", "archive")
    run_archive(settings, older_than, kinds, as_json=as_json)


@app.command()
def doctor(config_file: ConfigFile = None, data: DataFolder = None, as_json: AsJson = False) -> None:
    """What is there, what is missing and what to do: folder, database, journal, kernels.

    Example: candela doctor
    """
    from gateway import doctor as at  # noqa: PLC0415 other verbs need no database

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    log.configure("error", "doctor")
    found: list[at.Finding] = []

    async def look() -> int:
        found.extend(await at.examined(settings))
        return 3 if any(each.state == "bad" for each in found) else 0

    code = run_until_complete(look())
    console = Console(highlight=False)
    console.print_json(json.dumps(at.as_json(found))) if as_json else console.print(at.table(found))
    raise typer.Exit(code)


app.command()(exchanging.exchange)
app.command()(exchanging.record)
serve.command("exchange")(exchanging.serve)
app.command()(backtesting.backtest)
app.command()(sweeping.sweep)
app.command()(offline.indicators)
app.command()(offline.warmup)
config.command("show")(offline.show)
checking.check.command("parity")(parity.parity)
dashboards.command("export")(offline.export)


@serve.command("market")
def serve_market(config_file: ConfigFile = None) -> None:
    """Feed, engine, journal and bus.

    Example: CANDELA__FEED__VENUE=binance CANDELA__FEED__SYMBOLS=BTCUSDT candela serve market
    """
    from gateway.processes.market import serve as run  # noqa: PLC0415

    _serve("market", config_file, run)


@serve.command("store")
def serve_store(config_file: ConfigFile = None) -> None:
    """What carries the journals into the database.

    Example: CANDELA__STORE__URL=postgresql://… candela serve store
    """
    from gateway.processes.store import serve as run  # noqa: PLC0415

    _serve("store", config_file, run)


@serve.command("gateway")
def serve_gateway(config_file: ConfigFile = None) -> None:
    """REST, the stream and the page.

    Example: CANDELA__STORE__URL=postgresql://… candela serve gateway
    """
    from gateway.processes.gateway import serve as run  # noqa: PLC0415

    _serve("gateway", config_file, run)


def _serve(name: str, config_file: Path | None, run: Any) -> None:  # Any: a coroutine function of the settings
    settings, _ = loaded(config_file, {})
    log.configure(settings.log.level, name)
    raise typer.Exit(run_until_complete(run(settings)))


def main() -> None:
    """Run a verb; an error of ours is one sentence and its exit code."""
    try:
        app()
    except CandelaError as error:
        if "serve" in sys.argv[1:2]:
            print(json.dumps({"error": str(error)}), flush=True)  # noqa: T201 for the parent process
        Console(stderr=True, highlight=False).print(
            f"[bold red]candela:[/] {escape(str(error))}", markup=True, soft_wrap=True
        )
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
