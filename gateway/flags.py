"""What the verbs share: their flags, and the settings in force."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from core.config import PREFIX, layered
from core.errors import ConfigError
from core.settings import Settings
from feeds.faults import KINDS

out = Console(highlight=False)

Flags = Mapping[str, Mapping[str, Any]]  # Any: a setting may be of any type

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="A candela.toml; without it, ./candela.toml if there is one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON line instead of a table.")]
DataFolder = Annotated[Path | None, typer.Option("--data", help="The data folder.")]
SymbolList = Annotated[str | None, typer.Option("--symbols", help="Names, separated by commas.")]

FaultList = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="SPEC",
        help="What goes wrong: KIND@TIME or KIND@TIME+LENGTH at a time of the session, KIND=RATE or KIND=RATE:AMOUNT "
        f"by chance; again for more. {' '.join(f'{kind.example}: {kind.about}.' for kind in KINDS.values())}",
    ),
]


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


def split(names: str | None) -> tuple[str, ...] | None:
    """The names in a list separated by commas."""
    return tuple(name.strip() for name in names.split(",") if name.strip()) if names is not None else None
