"""A picture of a sweep: what two parameters are worth together, as an SVG.

Of more than two the two that matter most are drawn, and each cell shows the best of all the others. How much one
matters: how far apart the means of its values are, as a share of how far apart all points are, less what chance brings.
Where there are more values than fit, or hardly two points share one, those that lie side by side share a cell.
Source: Kelley, An Unbiased Correlation Ratio Measure, PNAS 21 (1935).
"""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from services.trading.sweeps.verdict import BY

_CELLS = 40  # a side, at most
_SIZE, _LEFT, _TOP = 16, 90, 40
# Dark blue to yellow, evenly to the eye and in grey: five of the colours of "viridis" (van der Walt, Smith, 2015).
_COLOURS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))

Value = Any  # a number or a text


def picture(table: pl.DataFrame, names: Sequence[str], by: str) -> str:
    """The heat map of a table with these parameters; of one parameter it has one row."""
    known, alone = table.filter(pl.col(by).is_not_null()), len(names) == 1
    across, *more = sorted(names, key=lambda name: -mattering(known, name, by))[:2]
    cells: dict[tuple[int, int], dict[str, Value]] = {}
    columns = _binned(known, across, alone=alone)
    rows = ([0] * len(known), [""]) if alone else _binned(known, more[0], alone=alone)
    for row, x, y in zip(known.to_dicts(), columns[0], rows[0], strict=True):
        there = cells.get((x, y))
        if there is None or row[by] * BY[by] > there[by] * BY[by]:
            cells[x, y] = row
    return _drawn(cells, (across, columns[1]), (more[0] if more else "", rows[1]), names, by)


def mattering(table: pl.DataFrame, name: str, by: str) -> float:
    """Which share of how the points differ is how the means of this parameter's values (or of spans of them) differ."""
    places, labels = _binned(table, name, alone=False)
    values = table[by].cast(pl.Float64).to_numpy()
    if len(labels) < 2 or len(values) < 2 or not values.std() > 0:
        return 0.0
    means = np.bincount(places, values) / np.bincount(places)
    inside = float(((values - means[places]) ** 2).sum()) / max(1, len(values) - len(labels))
    return 1 - inside / float(values.var(ddof=1))


def _binned(table: pl.DataFrame, name: str, *, alone: bool) -> tuple[list[int], list[str]]:
    """In which place along an axis each row is, and what the places are called."""
    every = table[name].unique().sort().to_list()
    own = not alone and len(every) > len(table) / 2
    share = max(1, math.ceil(len(every) / (min(_CELLS, math.isqrt(len(table))) if own else _CELLS)))
    where = {value: number // share for number, value in enumerate(every)}
    groups = [every[at : at + share] for at in range(0, len(every), share)]
    labels = [_text(each[0]) if len(each) == 1 else f"{_text(each[0])} to {_text(each[-1])}" for each in groups]
    return [where[value] for value in table[name]], labels


def _text(value: Value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _drawn(
    cells: Mapping[tuple[int, int], Mapping[str, Value]], across: tuple[str, list[str]], up: tuple[str, list[str]],
    names: Sequence[str], by: str,
) -> str:  # fmt: skip
    worths = [float(row[by]) for row in cells.values()]
    low, high = min(worths, default=0.0), max(worths, default=0.0)
    wide, tall = len(across[1]) * _SIZE, len(up[1]) * _SIZE
    parts = []
    for (x, y), row in cells.items():
        said = ", ".join(f"{name}={_text(row[name])}" for name in names) + f": {by} {row[by]:.4g}"
        parts.append(
            f'<rect x="{_LEFT + x * _SIZE}" y="{_TOP + tall - (y + 1) * _SIZE}" width="{_SIZE}" height="{_SIZE}"'
            f' fill="{_colour(float(row[by]), low, high, BY[by])}"><title>{html.escape(said)}</title></rect>'
        )
    title = f"{by.replace('_', ' ')}: {low:.4g} to {high:.4g}" + (", others at their best" if len(names) > 2 else "")
    parts.append(f'<text x="{_LEFT}" y="20" font-weight="bold">{html.escape(title)}</text>')
    parts += _axis(across, (wide, tall), flat=True) + _axis(up, (wide, tall), flat=False)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + max(wide, 240) + 20} {_TOP + tall + 50}"'
        f' font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _axis(axis: tuple[str, list[str]], size: tuple[int, int], *, flat: bool) -> list[str]:
    """Its name, and as many labels as there is room for."""
    name, labels = axis
    every = max(1, math.ceil(len(labels) / (max(1, size[0] // 60) if flat else 40)))
    wide, tall = size
    found = []
    for at in range(0, len(labels), every):
        middle = at * _SIZE + _SIZE // 2
        place = f'x="{_LEFT + middle}" y="{_TOP + tall + 16}" text-anchor="middle"'
        if not flat:
            place = f'x="{_LEFT - 6}" y="{_TOP + tall - middle + 4}" text-anchor="end"'
        found.append(f"<text {place}>{html.escape(labels[at])}</text>")
    place = f'x="{_LEFT + wide // 2}" y="{_TOP + tall + 36}" text-anchor="middle"' if flat else f'x="8" y="{_TOP - 6}"'
    return [*found, f'<text {place} font-style="italic">{html.escape(name)}</text>']


def _colour(value: float, low: float, high: float, sign: float) -> str:
    """Yellow is best."""
    share = (value - low) / (high - low) if high > low else 1.0
    at = (share if sign > 0 else 1 - share) * (len(_COLOURS) - 1)
    first = min(int(at), len(_COLOURS) - 2)
    mixed = (round(a + (b - a) * (at - first)) for a, b in zip(_COLOURS[first], _COLOURS[first + 1], strict=True))
    return "#" + "".join(f"{each:02x}" for each in mixed)
