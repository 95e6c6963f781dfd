"""Verbs that start nothing: kernels compiled beforehand, the catalogue, generated pages, the settings."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import BadInput
from gateway.flags import AsJson, ConfigFile, DataFolder, loaded, out


def warmup(config_file: ConfigFile = None, data: DataFolder = None, as_json: AsJson = False) -> None:
    """Compile every kernel the settings ask for, so that the next start does not.

    Example: candela warmup
    """
    from core.events import Symbols  # noqa: PLC0415 other verbs need no compiler
    from feeds.scanner import Scanner  # noqa: PLC0415
    from services.market import make_engine, venue_of  # noqa: PLC0415

    settings, _ = loaded(config_file, {"data": {"folder": str(data.absolute()) if data else None}})
    engine = make_engine(settings, Symbols(grows=True))
    if scanner := venue_of(settings).scanner:
        Scanner(scanner, Symbols(), settings.kernel_folder)
    told = {"kernel": engine.bank.name, "nodes": [node.name for node in engine.bank.nodes]}
    out.print_json(json.dumps(told)) if as_json else out.print(
        f"{told['kernel']}: {len(engine.bank.nodes)} nodes ready"
    )


def indicators(
    name: Annotated[str | None, typer.Argument(help='One of them, such as ema or "ema(50)".')] = None,
    as_json: AsJson = False,
) -> None:
    """What indicators there are, or all about one: formula, parameters, warm-up, cost, source and a picture.

    Example: candela indicators "macd(12, 26, 9)"
    """
    from gateway import catalogue  # noqa: PLC0415 other verbs need no compiler

    if name is None:
        found = catalogue.entries()
        told: Any = [catalogue.as_json(one) for one in found]
        shown = catalogue.listed(found)
    else:
        one, node = catalogue.asked(name)
        told, shown = catalogue.as_json(one), catalogue.page(one, node)
    out.print_json(json.dumps(told)) if as_json else out.print(shown)


def export(folder: Annotated[Path, typer.Argument(help="Where to write.")] = Path("dashboards/web")) -> None:
    """Write the pages that are generated: the catalogue of indicators with a plot of each.

    Example: candela dashboards export
    """
    from gateway import catalogue  # noqa: PLC0415 other verbs need no compiler

    if not folder.is_dir():
        raise BadInput(f"expected a folder to write to, found none at {folder}: run this where dashboards/web is")
    path = folder / "indicators.html"
    path.write_text(catalogue.document())
    out.print(f"wrote {path}; the platform serves it at /indicators")


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
