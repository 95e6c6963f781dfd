"""Gaps in the database: which stretches never reached us, what became of them, and the rows made without knowing."""

import numpy as np
import psycopg
from numpy.typing import NDArray

from core.events import BACKFILLS, CHANNELS, DONE, NEVER, REASONS, Batch
from core.schema import query

_DOUBTED = ("bars", "values", "signals")  # made of trades
_WHICH = ("symbol", "channel", "from_ts", "to_ts", "reason")


def noted(cursor: psycopg.Cursor, missed: Batch, symbol_ids: NDArray[np.int64]) -> None:
    """Keep the gaps of MISSED rows that have ended, and mark what was made in one before it was noticed.

    A gap that comes again says what became of it.
    """
    ended = missed[missed["to_ts"] != NEVER]
    ended = ended[last_of_each(ended, _WHICH)]
    given = {
        "symbol_ids": symbol_ids[ended["symbol"]].tolist(),
        "channels": [CHANNELS[channel] for channel in ended["channel"]],
        "begins": ended["from_ts"].tolist(),
        "ends": ended["to_ts"].tolist(),
        "reasons": [REASONS[reason] for reason in ended["reason"]],
        "backfills": [BACKFILLS[backfill] for backfill in ended["backfill"]],
        "filled": ended["rows"].tolist(),
    }
    cursor.execute(query("note_gaps"), given)
    trades = ended[(ended["channel"] == CHANNELS.index("trades")) & (ended["backfill"] != DONE)]
    if len(trades):
        given = {
            "symbol_ids": symbol_ids[trades["symbol"]].tolist(),
            "begins": trades["from_ts"].tolist(),
            "ends": trades["to_ts"].tolist(),
            "start": int(trades["from_ts"].min()),
            "end": int(trades["to_ts"].max()),
        }
        for what in _DOUBTED:
            cursor.execute(query(f"doubt_{what}"), given)


def last_of_each(batch: Batch, names: tuple[str, ...]) -> NDArray[np.intp]:
    """The places of the last rows that are alike in these fields, in order."""
    order = np.lexsort([batch[name] for name in names])  # stable
    alike = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for name in names:
        alike &= np.diff(batch[name][order]) == 0
    return np.sort(order[np.append(~alike, np.ones(min(len(order), 1), dtype=np.bool_))])
