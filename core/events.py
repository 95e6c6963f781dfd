"""Events: the row types every part of Candela shares, and the table that turns symbols into small integers.

All times are int64 nanoseconds since the epoch, UTC. Prices and sizes are float64.
These dtype objects are constants and are used by identity: numba looks a structured dtype up quickly
only when it is the very same object (an equal one makes a one-row call up to six times slower).
Fields fill whole eight-byte words: there is no padding, so equal rows are equal bytes and can be hashed.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Batch: TypeAlias = NDArray[np.void]

SECOND = 1_000_000_000

# Order is part of the stored format: append, never reorder.
TIMEFRAMES: dict[str, int] = {
    "1s": SECOND,
    "5s": 5 * SECOND,
    "15s": 15 * SECOND,
    "30s": 30 * SECOND,
    "1m": 60 * SECOND,
    "5m": 300 * SECOND,
    "15m": 900 * SECOND,
    "30m": 1800 * SECOND,
    "1h": 3600 * SECOND,
    "4h": 14400 * SECOND,
    "1d": 86400 * SECOND,
}
TIMEFRAME_NAMES = tuple(TIMEFRAMES)

QUALITIES = ("complete", "partial", "gap", "backfilled", "corrected", "synthetic")
COMPLETE, PARTIAL, GAP, BACKFILLED, CORRECTED, SYNTHETIC = range(len(QUALITIES))

# Where a bar was made: by our engine from trades, or by the venue.
ORIGINS = ("engine", "venue")
ENGINE, VENUE = range(len(ORIGINS))


def _row(*fields: tuple[str, str]) -> np.dtype[np.void]:
    return np.dtype(list(fields), align=True)


_TIMES = (("ts_event", "i8"), ("ts_recv", "i8"), ("seq", "i8"))

# One print. `side` is the aggressor: 1 bought, -1 sold, 0 unknown. `seq` is 0 until the engine numbers it.
TRADE = _row(*_TIMES, ("trade_id", "i8"), ("price", "f8"), ("size", "f8"), ("symbol", "i4"), ("side", "i4"))

# A venue's word about a trade of before: the one of this number, price and size is now another, or, without price (NaN)
# and size (0), is taken back.
AMENDMENT = _row(
    *_TIMES, ("trade_id", "i8"), ("new_id", "i8"), ("price", "f8"), ("size", "f8"), ("old_price", "f8"),
    ("old_size", "f8"), ("symbol", "i8"),
)  # fmt: skip

# Best bid and ask. A size of 0: nobody there, or the venue did not say how many.
QUOTE = _row(*_TIMES, ("bid", "f8"), ("bid_size", "f8"), ("ask", "f8"), ("ask_size", "f8"), ("symbol", "i8"))

# One bar. `timeframe` indexes TIMEFRAME_NAMES; a closed bar has ts_event == ts_close;
# `ts_recv` is when we received what closed it.
BAR = _row(
    *_TIMES,
    ("ts_open", "i8"),
    ("ts_close", "i8"),
    ("open", "f8"),
    ("high", "f8"),
    ("low", "f8"),
    ("close", "f8"),
    ("volume", "f8"),
    ("vwap", "f8"),
    ("trades", "i8"),
    ("symbol", "i4"),
    ("timeframe", "i2"),
    ("closed", "i2"),
    ("quality", "i4"),
    ("origin", "i4"),
)

# What a strategy says at a bar's close. `seq` counts per strategy and symbol, `seq_all` per symbol over
# all strategies; `strategy` indexes the engine's strategies; `side` is -1..1, `strength` 0..1.
SIGNAL = _row(
    *_TIMES,
    ("seq_all", "i8"),
    ("side", "f8"),
    ("strength", "f8"),
    ("price", "f8"),
    ("symbol", "i4"),
    ("strategy", "i4"),
    ("timeframe", "i4"),
    ("quality", "i4"),
)

# Time passes: "the venue's clock has reached ts_event", a row like any other so that a recorded session
# closes the same bars at the same place when it is replayed.
TIME = _row(("ts_event", "i8"), ("ts_recv", "i8"))

# A stretch that never reached us, [from_ts, to_ts) of a symbol's channel, by the venue's clock, as ts_event is:
# when we knew. `seq` the last number before it. Without an end (to_ts == NEVER) it has only begun. `backfill` is what
# became of it: it comes a second time when that is known, with how many `rows` filled it.
MISSED = _row(
    *_TIMES, ("from_ts", "i8"), ("to_ts", "i8"), ("symbol", "i4"), ("channel", "i2"), ("reason", "i2"),
    ("backfill", "i4"), ("rows", "i4"),
)  # fmt: skip
CHANNELS = ("trades", "quotes", "bars")
REASONS = ("disconnected", "silent", "not_running", "damaged", "sequence", "late", "amended", "conflated")
DISCONNECTED, SILENT, NOT_RUNNING, DAMAGED, SEQUENCE, LATE, AMENDED, CONFLATED = range(len(REASONS))
BACKFILLS = ("pending", "done", "impossible")
PENDING, DONE, IMPOSSIBLE = range(len(BACKFILLS))
NEVER = np.iinfo(np.int64).max

# The last number given on a channel, an index into `core.ports.channels`, for a symbol.
POSITION = np.dtype([("channel", "i4"), ("symbol", "i4"), ("seq", "i8")])

# The columns in front of a bank's outputs (the rest are float64, one per output).
VALUE_HEADER = (*_TIMES, ("symbol", "i4"), ("timeframe", "i2"), ("quality", "i2"))


def value_dtype(outputs: Iterable[str]) -> np.dtype[np.void]:
    """The row type of a bank's values: the header, then one float64 a named output."""
    return _row(*VALUE_HEADER, *((name, "f8") for name in outputs))


def _revised(dtype: np.dtype[np.void]) -> np.dtype[np.void]:
    return np.dtype(dtype, metadata={"revised": True})


# Trades of the past, told by a venue's history: rows of a gap, which they may fill. One that was taken back since has
# neither price nor size.
HISTORY = _revised(TRADE)

# Rows that take the place of earlier ones, since trades came late, were missed, or were taken back: of the same
# bar or signal, and of the same number where there was one. A bar without trades, a signal without a side, is no more;
# nor is a trade without a size.
REVISED_TRADE, REVISED_BAR, REVISED_SIGNAL = _revised(TRADE), _revised(BAR), _revised(SIGNAL)


@lru_cache
def revised_values(outputs: tuple[str, ...]) -> np.dtype[np.void]:
    """The same for a bank's values."""
    return _revised(value_dtype(outputs))


# What leaves an engine, by the names its kinds have in journals and on the bus; values, of a bank's own, beside them.
STREAMED = {
    "trades": TRADE, "quotes": QUOTE, "bars": BAR, "signals": SIGNAL, "gaps": MISSED, "revised_bars": REVISED_BAR,
    "revised_signals": REVISED_SIGNAL, "revised_trades": REVISED_TRADE, "amendments": AMENDMENT,
}  # fmt: skip

# What an engine is given that is not among them, or not as it was given, by its names in journals.
GIVEN = {"time": TIME, "history": HISTORY, "missed": MISSED}


@lru_cache
def row_dtype(kind: str, outputs: tuple[str, ...]) -> np.dtype[np.void]:
    """The row type of a kind in a journal of an engine whose bank has these outputs."""
    return (
        STREAMED.get(kind) or GIVEN.get(kind) or (value_dtype(outputs) if kind == "values" else revised_values(outputs))
    )


_KINDS = {id(dtype): name for name, dtype in STREAMED.items()}
_KINDS |= {id(TIME): "time", id(HISTORY): "history"}


def kind(batch: Batch) -> str:
    """What a batch holds: trades, quotes, bars, signals, time, gaps, history, amendments, or a bank's values; trades,
    bars, signals and values also revised."""
    return _KINDS.get(id(batch.dtype)) or ("revised_values" if batch.dtype.metadata else "values")


def tally(batch: Batch) -> str:
    """The name a batch's rows are counted under: its kind, a venue's own bars apart from ours."""
    what = kind(batch)
    return "venue_bars" if what == "bars" and len(batch) and batch["origin"][0] == VENUE else what


def copied(batch: Batch) -> Batch:
    """The same rows in memory of their own. As bytes: field by field, as numpy does it, takes ten times as long."""
    return np.frombuffer(bytearray(batch.tobytes()), dtype=batch.dtype)


def joined(batches: Sequence[Batch]) -> Batch:
    """One batch of several of one kind, of the very same dtype object."""
    if len(batches) == 1:
        return batches[0]
    whole = bytearray().join([batch.tobytes() for batch in batches])
    return np.frombuffer(whole, dtype=batches[0].dtype)


def rows(dtype: np.dtype[np.void], values: Iterable[tuple[Any, ...]]) -> Batch:
    """A batch of `dtype` from tuples in field order."""
    return np.array(list(values), dtype=dtype)


class Symbols:
    """Names to small integers and back, for one source; `grows` lets a replay meet new names as it goes."""

    def __init__(self, names: Iterable[str] = (), *, source: str = "", grows: bool = False) -> None:
        self.source = source
        self.grows = grows
        self.names: list[str] = []
        self._ids: dict[str, int] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> int:
        """The id of `name`, given now if it is new."""
        known = self._ids.get(name)
        if known is None:
            known = self._ids[name] = len(self.names)
            self.names.append(name)
        return known

    def id(self, name: str) -> int:
        """The id of `name`; -1 when it is unknown and this table does not grow."""
        known = self._ids.get(name, -1)
        return self.add(name) if known < 0 and self.grows and name else known

    def __len__(self) -> int:
        return len(self.names)
