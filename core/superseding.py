"""Revised rows in the database: they take the place of what was there, and how that was is kept."""

from collections.abc import Mapping, Sequence

import numpy as np
import psycopg
from numpy.typing import NDArray

from core.copying import Layout
from core.events import BACKFILLED, Batch, joined, kind
from core.missed import last_of_each
from core.schema import query
from core.tables import LAYOUTS, Ids

_BAR = ("symbol", "timeframe", "ts_event")
_WHICH = {"trades": ("symbol", "ts_event", "seq"), "bars": _BAR, "values": _BAR, "signals": (*_BAR, "strategy")}
_GIVEN = {
    "symbol_ids": "symbol_id", "times": "ts_event", "seqs": "seq", "timeframes": "timeframe",
    "strategy_ids": "strategy_id",
}  # fmt: skip
_NO_VALUES = ("ts_recv", "trades", "open", "high", "low", "close", "volume", "vwap", "quality")
_NOTHING_BEFORE = Layout(
    "corrections", {name: type_ for name, type_ in LAYOUTS["bars"].types.items() if name not in _NO_VALUES}
)


def supersede(cursor: psycopg.Cursor, batches: Sequence[Batch], ids: Ids) -> None:
    """Put the rows of revised batches where there were others, or none."""
    for what, which in _WHICH.items():
        own = [batch for batch in batches if kind(batch) == f"revised_{what}"]
        if own:
            rows = joined(own)
            _replace(cursor, what, rows[last_of_each(rows, which)], ids)


def _replace(cursor: psycopg.Cursor, what: str, rows: Batch, ids: Ids) -> None:
    columns, _ = ids.columns("bars" if what == "values" else what, rows)
    given = {name: columns[column].tolist() for name, column in _GIVEN.items() if column in columns}
    span = {"start": int(rows["ts_event"].min()), "end": int(rows["ts_event"].max())}
    cursor.execute(query(f"supersede_{what}"), {**given, **span})
    if what == "trades":
        rows = rows[rows["size"] > 0]
    elif what == "bars":
        _copy(cursor, _NOTHING_BEFORE, *ids.columns("bars", rows[rows["quality"] == BACKFILLED]))
        rows = rows[rows["trades"] > 0]
    elif what == "signals":
        rows = rows[rows["side"] != 0]
    _copy(cursor, LAYOUTS[what], *ids.columns(what, rows))


def _copy(cursor: psycopg.Cursor, layout: Layout, columns: Mapping[str, NDArray[np.generic]], rows: int) -> None:
    if rows:
        with cursor.copy(layout.statement) as copy:
            for piece in layout.encode(columns, rows):
                copy.write(piece)
