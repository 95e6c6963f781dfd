"""Nodes as plain Python, a row at a time: every indicator's own oracle, and what examples and pictures use."""

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from core.compiled import interpreted
from core.node import Node, Past, Value, nan, ordered, reads, rings
from core.past import push


def fresh(node: Node) -> SimpleNamespace:
    """A node's first state for interpreted use."""
    return _plain(node.state)


def _plain(values: Mapping[str, Value]) -> SimpleNamespace:
    return SimpleNamespace(
        **{key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in values.items()}
    )


def over(node: Node, **rows: Sequence[float]) -> list[Any]:  # Any: a number, or a tuple of them
    """A node's outputs over columns of rows, a row at a time in plain Python: `over(ema(2), close=[1.0, 2.0])`."""
    found = together((node,), rows)
    columns = [found[name] for name in node.columns]
    return list(zip(*columns, strict=True)) if node.outputs else columns[0]


def together(nodes: Sequence[Node], rows: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Every column of these nodes and of those they need, a row at a time in plain Python."""
    whole = ordered(nodes)
    pasts = {past.name: SimpleNamespace(n=0, ring=[0.0] * size) for past, size in rings(whole)}
    runs = [_run(node, pasts) for node in whole]
    found: dict[str, list[float]] = {name: [] for node in whole for name in node.columns}
    for values in zip(*rows.values(), strict=True):
        known: dict[str, Any] = dict(zip(rows, values, strict=True))  # Any: a number or a ring
        for run in runs:
            run(known)
        for name, column in found.items():
            column.append(known[name])
    return found


def _run(node: Node, pasts: Mapping[str, SimpleNamespace]) -> Callable[[dict[str, Any]], None]:
    """What computes one node for one row, whose columns it finds and puts into a mapping."""
    step_, state, constants = interpreted(node.step), fresh(node), _plain(node.constants)
    own = [(given.name, given.series) for given in node.inputs if isinstance(given, Past)]
    series = [name for one in node.series for name in ((one,) if isinstance(one, str) else one.columns)]
    names, columns, put = list(reads(node)), node.columns, interpreted(push)

    def run(known: dict[str, Any]) -> None:
        for name, of in own:
            if name not in known and known[of] == known[of]:
                put(pasts[name], known[of])
            known[name] = pasts[name]
        if any(known[name] != known[name] for name in series):
            known.update(dict.fromkeys(columns, nan))
            return
        result = step_(state, constants, *[known[name] for name in names])
        known.update(zip(columns, result if isinstance(result, tuple) else (result,), strict=True))

    return run
