"""The command line: `candela VERB`."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from core import log
from core.config import PREFIX, Settings, layered
from core.errors import CandelaError, ConfigError
from core.loop import run_until_complete

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
serve = typer.Typer(no_args_is_help=True, help="One part of the platform by itself, as in a cluster.")
config = typer.Typer(no_args_is_help=True, help="The settings in force.")
app.add_typer(serve, name="serve")
app.add_typer(config, name="config")

out = Console(highlight=False)

Flags = Mapping[str, Mapping[str, Any]]  # Any: a setting may be of any type

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="A candela.toml; without it, ./candela.toml if there is one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON line instead of a table.")]
DataFolder = Annotated[Path | None, typer.Option("--data", help="The data folder.")]
SymbolList = Annotated[str | None, typer.Option("--symbols", help="Names, separated by commas.")]


def loaded(config_file: Path | None, flags: Flags) -> tuple[Settings, dict[str, str]]:
    """Settings from flags (those that were given), environment and file; and where each came from."""
    path = config_file or Path("candela.toml")
    if config_file is not None and not path.is_file():
        raise ConfigError(f"expected a settings file, found no file {path}")
    given = {name: {key: value for key, value in keys.items() if value is not None} for name, keys in flags.items()}
    text = path.read_text() if path.is_file() else ""
    return layered(flags=given, environ=os.environ, text=text)  # noqa: TID251 a composition root: here settings are built


def environ_of(flags: Flags) -> dict[str, str]:
    """This process's environment, with the flags in it: what its children get."""
    given = {
        f"{PREFIX}{section.upper()}__{key.upper()}": ",".join(value) if isinstance(value, tuple) else str(value)
        for section, keys in flags.items()
        for key, value in keys.items()
        if value is not None
    }
    return {**os.environ, **given}  # noqa: TID251 a composition root


@app.command()
def up(
    *,
    config_file: ConfigFile = None,
    feed: Annotated[str | None, typer.Option("--feed", help="exchange (local), alpaca or binance.")] = None,
    symbols: SymbolList = None,
    host: Annotated[str | None, typer.Option("--host", help="Where the gateway listens.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="The gateway's port; 0 for any free one.")] = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Everything: feed, market loop, store, gateway and page, until Ctrl-C.

    Example: candela up --feed binance --symbols BTCUSDT,ETHUSDT
    """
    from gateway.running import run_platform  # noqa: PLC0415 other verbs need no web server

    flags: Flags = {
        "feed": {"venue": feed, "symbols": split(symbols)},
        "gateway": {"host": host, "port": port},
        "data": {"folder": str(data.absolute()) if data else None},
    }
    settings, _ = loaded(config_file, flags)
    log.configure(settings.log.level, "up")
    arguments = ["--config", str(config_file)] if config_file else []
    raise typer.Exit(run_until_complete(run_platform(settings, arguments, environ_of(flags), as_json=as_json)))


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
    from gateway.running import run_replay  # noqa: PLC0415 other verbs need no engine

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    log.configure("warning" if settings.log.level == "info" else settings.log.level, "replay")
    raise typer.Exit(run_until_complete(run_replay(settings, file, source, speed=speed, as_json=as_json)))


@app.command()
def exchange(
    *,
    file: Annotated[Path | None, typer.Argument(help="A recorded session; without it, a simulated one.")] = None,
    port: Annotated[int | None, typer.Option(help="0 for any free one.")] = None,
    speed: Annotated[float | None, typer.Option(help="0 as fast as the readers take it, 1 the original pace.")] = None,
    seconds: Annotated[int | None, typer.Option(help="How long a simulated session lasts; endless without.")] = None,
    rebase: Annotated[bool, typer.Option(help="Move the session to now.")] = False,
    config_file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """The local exchange: plays a session over Alpaca's and Binance's real wire protocols, until Ctrl-C.

    Example: candela exchange session.gz --port 9000 --speed 10
    """
    from gateway.running import run_exchange  # noqa: PLC0415 other verbs need no server

    settings, _ = loaded(config_file, {"exchange": {"port": port, "speed": speed}})
    log.configure(settings.log.level, "exchange")
    raise typer.Exit(
        run_until_complete(run_exchange(settings, file, seconds, rebase=rebase or file is None, as_json=as_json))
    )


@app.command()
def warmup(config_file: ConfigFile = None, data: DataFolder = None, as_json: AsJson = False) -> None:
    """Compile every kernel the settings ask for, so that the next start does not.

    Example: candela warmup
    """
    from core.events import Symbols  # noqa: PLC0415 other verbs need no compiler
    from services.market import make_engine  # noqa: PLC0415

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    engine = make_engine(settings, Symbols())
    told = {"kernel": engine.bank.name, "nodes": [node.name for node in engine.bank.nodes]}
    out.print_json(json.dumps(told)) if as_json else out.print(
        f"{told['kernel']}: {len(engine.bank.nodes)} nodes ready"
    )


@config.command("show")
def show(
    origin: Annotated[bool, typer.Option("--origin", help="Also where each came from.")] = False,
    config_file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """The settings in force; secrets are never shown.

    Example: candela config show --origin
    """
    settings, came_from = loaded(config_file, {})
    told = settings.model_dump(mode="json")
    if as_json:
        out.print_json(json.dumps({"settings": told, "origin": came_from} if origin else told))
        return
    for section, keys in told.items():
        for key, value in keys.items():
            where = f"  [dim]{came_from.get(f'{section}.{key}', 'default')}[/]" if origin else ""
            out.print(f"{section}.{key} = {json.dumps(value)}{where}")


@serve.command("exchange")
def serve_exchange(config_file: ConfigFile = None) -> None:
    """The exchange's simulated session, moved to now.

    Example: CANDELA__EXCHANGE__PORT=9000 candela serve exchange
    """
    from gateway.running import serve_exchange as run  # noqa: PLC0415

    _serve("exchange", config_file, run)


@serve.command("market")
def serve_market(config_file: ConfigFile = None) -> None:
    """Feed, engine, store and bus.

    Example: CANDELA__FEED__VENUE=binance CANDELA__FEED__SYMBOLS=BTCUSDT candela serve market
    """
    from gateway.running import serve_market as run  # noqa: PLC0415

    _serve("market", config_file, run)


@serve.command("gateway")
def serve_gateway(config_file: ConfigFile = None) -> None:
    """REST, the stream and the page.

    Example: CANDELA__STORE__URL=postgresql://… candela serve gateway
    """
    from gateway.running import serve_gateway as run  # noqa: PLC0415

    _serve("gateway", config_file, run)


def _serve(name: str, config_file: Path | None, run: Any) -> None:  # Any: a coroutine function of the settings
    settings, _ = loaded(config_file, {})
    log.configure(settings.log.level, name)
    raise typer.Exit(run_until_complete(run(settings)))


def split(names: str | None) -> tuple[str, ...] | None:
    return tuple(name.strip() for name in names.split(",") if name.strip()) if names is not None else None


def main() -> None:
    """Run a verb; an error of ours is one sentence and its exit code."""
    try:
        app()
    except CandelaError as error:
        if "serve" in sys.argv[1:2]:
            print(json.dumps({"error": str(error)}), flush=True)  # noqa: T201 for the parent process
        Console(stderr=True, highlight=False).print(f"[bold red]candela:[/] {error}", markup=True, soft_wrap=True)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
