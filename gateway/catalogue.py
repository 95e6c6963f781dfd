"""The catalogue as people meet it: a table and a page in the terminal, a page with a plot of each in the browser."""

import functools
import html
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

import indicators
from core.catalogue import Entry, entry, preview, sparkline
from core.errors import BadInput, nearest
from core.making import build
from core.node import Node

_WIDTH, _HEIGHT = 320, 72


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Every indicator, with its defaults."""
    return tuple(entry(maker) for maker in indicators.ALL)


def asked(text: str) -> tuple[Entry, Node]:
    """The indicator a person asks for, by its name or with parameters: "ema" or "ema(50)"."""
    name = text.partition("(")[0].strip()
    if name not in indicators.NAMED:
        near = nearest(name, indicators.NAMED)
        raise BadInput(f"there is no indicator {name!r}{near}; `candela indicators` lists all")
    node = build(text, indicators.NAMED)
    return entry(indicators.NAMED[name], node), node


def as_json(one: Entry) -> dict[str, Any]:  # Any: JSON
    return asdict(one)


def listed(found: Sequence[Entry]) -> RenderableType:
    """All of them, a line each."""
    table = Table(box=None, pad_edge=False)
    for title in ("name", "what it is", "warm-up"):
        table.add_column(title)
    for one in found:
        table.add_row(one.call, one.title.partition(":")[0], str(one.warmup))
    return Group(table, Text(f"\n{len(found)} indicators; `candela indicators ema` tells all about one"))


def page(one: Entry, node: Node) -> RenderableType:
    """All about one, with a picture of its outputs."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, text in _facts(one):
        table.add_row(name, text)
    for name, values in preview(node).items():
        table.add_row(name, sparkline(values, 48))
    return Group(Text(f"{one.call}\n{one.title}\n", style="bold"), Text(one.formula + "\n"), table)


def _facts(one: Entry) -> list[tuple[str, str]]:
    parameters = [f"{each.name} = {each.default} ({each.allowed})" for each in one.parameters]
    return [
        ("parameters", "\n".join(parameters) or "none"),
        ("reads", f"{', '.join(one.inputs)} of {one.on}"),
        ("gives", ", ".join(one.outputs)),
        ("warm-up", f"{one.warmup} rows"),
        ("cost", f"{one.cost} a row, {one.bytes:,} bytes a symbol and timeframe"),
        ("source", one.source),
    ]


def document() -> str:
    """A page of all indicators with a plot of each, as HTML that needs nothing else but our own style sheet."""
    parts = [_section(one, preview(indicators.NAMED[one.name](), 120)) for one in entries()]
    links = " ".join(f'<a href="#{one.name}">{one.name}</a>' for one in entries())
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>Candela: indicators</title>\n'
        '<link rel="stylesheet" href="/web/page.css">\n</head>\n<body class="catalogue">\n'
        f"<h1>{len(parts)} indicators</h1>\n<nav>{links}</nav>\n{''.join(parts)}</body>\n</html>\n"
    )


def _section(one: Entry, drawn: dict[str, list[float]]) -> str:
    facts = "".join(
        f"<dt>{name}</dt><dd>{html.escape(text).replace(chr(10), '<br>')}</dd>" for name, text in _facts(one)
    )
    return (
        f'<section id="{one.name}">\n<h2><code>{html.escape(one.call)}</code></h2>\n<p>{html.escape(one.title)}</p>\n'
        f"{_plot(drawn)}<p>{html.escape(one.formula)}</p>\n<dl>{facts}</dl>\n</section>\n"
    )


def _plot(drawn: dict[str, list[float]]) -> str:
    known = [value for values in drawn.values() for value in values if math.isfinite(value)]
    low, reach = min(known), (max(known) - min(known)) or 1.0
    lines = []
    for i, (name, values) in enumerate(drawn.items()):
        step = _WIDTH / (len(values) - 1)
        points = " ".join(
            f"{x * step:.1f},{4 + (_HEIGHT - 8) * (1 - (value - low) / reach):.1f}" for x, value in enumerate(values)
        )
        lines.append(f'<polyline class="line{i}" points="{points}"><title>{name}</title></polyline>')
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{" and ".join(drawn)} over a made-up session">'
        f"{''.join(lines)}</svg>\n"
    )
