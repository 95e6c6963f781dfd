"""Gaps in the database: which stretches never reached us, and the rows that were made without knowing it yet."""

import numpy as np
import psycopg
from numpy.typing import NDArray

from core.events import CHANNELS, NEVER, REASONS, Batch
from core.schema import query

_DOUBTED = ("bars", "values", "signals")  # made of trades


def noted(cursor: psycopg.Cursor, missed: Batch, symbol_ids: NDArray[np.int64]) -> None:
    """Keep the gaps of MISSED rows that have ended, and mark what was made in one before it was noticed."""
    ended = missed[missed["to_ts"] != NEVER]
    given = {
        "symbol_ids": symbol_ids[ended["symbol"]].tolist(),
        "channels": [CHANNELS[channel] for channel in ended["channel"]],
        "begins": ended["from_ts"].tolist(),
        "ends": ended["to_ts"].tolist(),
        "reasons": [REASONS[reason] for reason in ended["reason"]],
    }
    cursor.execute(query("note_gaps"), given)
    trades = ended[ended["channel"] == CHANNELS.index("trades")]
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
