"""The catalogue: what an indicator or strategy is, in words and numbers for people, and how it looks."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from core.making import Parameter, documentation, parameters
from core.node import FIELDS, Kind, Node
from core.plain import over

_ROWS = 240
_SPARKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Entry:
    """One indicator, as it is when asked for with `call`; `warmup` in rows, `bytes` a symbol and timeframe."""

    name: str
    call: str
    title: str
    formula: str
    source: str
    parameters: tuple[Parameter, ...]
    on: Kind
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    warmup: int
    cost: str
    bytes: int


def entry(maker: Callable[..., Node], node: Node | None = None) -> Entry:
    """A factory's entry, for its defaults or for a node it made."""
    made = node or maker()
    title, formula, source = documentation(maker)
    return Entry(
        name=maker.__name__,
        call=made.call,
        title=title,
        formula=formula,
        source=source,
        parameters=parameters(maker),
        on=made.on,
        inputs=_inputs(made),
        outputs=made.columns,
        warmup=made.ready_after,
        cost=made.cost,
        bytes=_bytes(made),
    )


def _inputs(node: Node) -> tuple[str, ...]:
    """The fields of rows that it reads, itself or through the nodes it needs, each once."""
    read: dict[str, None] = {}
    for one in node.series:
        if isinstance(one, str):
            read[one] = None
    for need in node.needs:
        read |= dict.fromkeys(_inputs(need))
    return tuple(read)


def _bytes(node: Node) -> int:
    """What it and all it needs keep."""
    seen: dict[str, int] = {}

    def visit(each: Node) -> None:
        seen[each.name] = each.bytes
        for need in each.needs:
            visit(need)

    visit(node)
    return sum(seen.values())


def sample(kind: Kind, rows: int = _ROWS) -> dict[str, list[float]]:
    """Made-up rows to show an indicator with, always the same: a trend, a cycle and noise."""
    chance = random.Random(7)  # noqa: S311 for a picture
    made: dict[str, list[float]] = {name: [] for name in FIELDS[kind]}
    close = 100.0
    for i in range(rows):
        before, close = close, 100 + 0.02 * i + 4 * math.sin(i / 9) + 2 * math.sin(i / 31) + chance.gauss(0, 0.5)
        size, ts = float(chance.randint(100, 1000)), i * 60_000_000_000
        side = 1.0 if close > before else -1.0
        high, low = max(before, close) + chance.random(), min(before, close) - chance.random()
        row: dict[str, float] = {
            "open": before, "high": high, "low": low, "close": close, "volume": size, "vwap": (high + low + close) / 3,
            "trades": size // 10, "ts_open": ts, "ts_close": ts + 60_000_000_000,
            "price": close, "size": size, "side": side, "ts_trade": ts,
            "bid": close - 0.05, "ask": close + 0.05, "bid_size": size, "ask_size": 1100 - size, "ts_quote": ts,
        }  # fmt: skip
        for name, values in made.items():
            values.append(row[name])
    return made


def preview(node: Node, rows: int = _ROWS) -> dict[str, list[float]]:
    """A node's outputs over the sample, enough of it to see values after the warm-up."""
    length = node.ready_after + rows
    found = over(node, **sample(node.on, length))
    columns = list(zip(*found, strict=True)) if node.outputs else [found]
    return {name: [float(v) for v in values[-rows:]] for name, values in zip(node.columns, columns, strict=True)}


def sparkline(values: list[float], width: int = 60) -> str:
    """Numbers as a line of blocks, the mean of a stretch in each."""
    stretch = max(1, len(values) // width)
    starts = range(0, stretch * (len(values) // stretch), stretch)
    means = [math.fsum(values[i : i + stretch]) / stretch for i in starts]
    known = [value for value in means if math.isfinite(value)]
    if not known:
        return ""
    low, reach = min(known), max(known) - min(known)
    places = (round((value - low) / reach * 7) if reach > 0 else 3 for value in means if math.isfinite(value))
    return "".join(_SPARKS[place] for place in places)
