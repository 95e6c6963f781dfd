"""Merging: which trades of a history are missing in the store, which gaps they fill, which bars they change.

Of one symbol and one day (UTC) at a time: no bar of any timeframe reaches over midnight. Rows are never compared by
content. A trade is known by the venue's id; where the history or the store has none, a trade can be told to be missing
only where the store has no trades at all. A number below zero was never on the stream: such a row was merged earlier.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.amending import amended
from core.bank import NO_TRADES, Bank
from core.events import BACKFILLED, BAR, CORRECTED, TIMEFRAME_NAMES, TIMEFRAMES, Batch, joined

DAY = TIMEFRAMES["1d"]
Span = tuple[int, int]  # from one moment until before another, in nanoseconds
Mask = NDArray[np.bool_]

_WIDTHS = np.array(list(TIMEFRAMES.values()), dtype=np.int64)
_NONE = np.empty(0, dtype=np.int64)
_SAME = ("open", "high", "low", "close", "volume", "vwap", "trades")  # what makes two bars of one bucket equal


@dataclass(frozen=True)
class Gap:
    """A stretch of a symbol's trades that was noted as missing, and whether it has been filled since."""

    id: int
    start: int
    end: int
    filled: bool


@dataclass(frozen=True)
class Filled:
    """The part of a gap that is filled now, and with how many rows."""

    gap: Gap
    start: int
    end: int
    rows: int


@dataclass(frozen=True)
class Merged:
    """What a history adds: rows in order of time that are not numbered yet."""

    missing: Batch
    known: int
    untold: int  # that cannot be told from stored ones
    doubled: Batch  # merged earlier, and brought by the stream later
    filled: tuple[Filled, ...]
    beside: int  # missing rows in no gap


def merged(history: Batch, stored: Batch, gaps: Sequence[Gap], span: Span, gone: NDArray[np.int64] = _NONE) -> Merged:
    """`history`: sound trades within `span` in order of time; `stored`: all of the day; `gaps`: that touch `span`;
    `gone`: ids of trades that were stored and are no more, since their venue took them back or corrected them."""
    ids = history["trade_id"]
    own = within(stored, span)
    told = (ids != 0) & bool(own["trade_id"].all())
    open_gaps = [clipped(gap, span) for gap in gaps if not gap.filled]
    empty = [part for part in open_gaps if not len(within(stored, part))] if len(own) else [span]
    known = (ids != 0) & (np.isin(ids, stored["trade_id"]) | np.isin(ids, gone) | _repeated(ids))
    known |= ~told & _inside(history, ((gap.start, gap.end) for gap in gaps if gap.filled))
    missing = ~known & (told | _inside(history, empty))
    new = history[missing]
    filled = []
    for gap in gaps:
        part = clipped(gap, span)
        if not gap.filled and (told.all() or not len(own) or part in empty):
            filled.append(Filled(gap, *part, len(within(new, part))))
    live = stored["trade_id"][stored["seq"] > 0]
    again = (stored["seq"] < 0) & (stored["trade_id"] != 0) & np.isin(stored["trade_id"], live)
    untold = len(history) - int(known.sum()) - len(new)
    beside = int((~_inside(new, ((part.start, part.end) for part in filled))).sum())
    return Merged(new, int(known.sum()), untold, stored[again], tuple(filled), beside)


def standing(history: Batch, amendments: Batch, stored: Batch) -> Batch:
    """The trades of a history without those that it takes back or corrects itself, unless the store has them: then
    the stream never had its venue's word, and they stay what they are."""
    ours = np.isin(amendments["trade_id"], stored["trade_id"])
    return amended(history, amendments[~ours]).trades


def within(rows: Batch, span: Span) -> Batch:
    """The rows whose event lies in `span`."""
    return rows[_inside(rows, [span])]


def clipped(gap: Gap, span: Span) -> Span:
    """The part of a gap that lies in `span`."""
    return max(gap.start, span[0]), min(gap.end, span[1])


def _inside(rows: Batch, spans: Iterable[Span]) -> Mask:
    ts, found = rows["ts_event"], np.zeros(len(rows), dtype=np.bool_)
    for start, end in spans:
        found |= (ts >= start) & (ts < end)
    return found


def _repeated(ids: NDArray[np.int64]) -> Mask:
    """True for every id that an earlier row has as well."""
    repeated = np.ones(len(ids), dtype=np.bool_)
    repeated[np.unique(ids, return_index=True)[1]] = False
    return repeated


def rebuilt(bank: Bank, trades: Batch) -> Batch:
    """The bars of one symbol (0) made from all trades of a day, by the kernel that makes them live.

    Trades of one nanosecond go by the venue's id, then by number: the bars follow from what is stored, however it came.
    """
    bank.clear(1)
    bank.take(NO_TRADES, 1, 1)  # listening since ever: no bar is a partial one
    order = np.lexsort((trades["seq"], trades["trade_id"], trades["ts_event"]))
    end = int(trades["ts_event"].max(initial=0)) + 2 * DAY
    made = [*bank.take(trades[order]), *bank.take(NO_TRADES, end, end)]
    bars = joined([np.empty(0, dtype=BAR), *(batch for batch in made if batch.dtype is BAR)])
    bars["ts_recv"] = bars["ts_close"]  # nothing was received that closed them
    return bars


@dataclass(frozen=True)
class Bars:
    """What rebuilt bars change: those the store lacks, those that replace another, and the ones these replace."""

    new: Batch
    before: Batch
    after: Batch
    waiting: int  # touched, but not closed on the stream yet


def changed(made: Batch, stored: Batch, unheard: NDArray[np.int64], closed: Mapping[int, int]) -> Bars:
    """Of the bars `made` those that hold a trade the stream never had, beside the `stored` ones of the same day.

    `unheard`: the moments of such trades; `closed`: by timeframe, up to where the stream has closed its bars.
    """
    limit = np.array([closed.get(frame, 0) for frame in range(len(TIMEFRAME_NAMES))])
    touched = made[np.isin(_key(made["timeframe"], made["ts_open"]), _buckets(unheard, closed))]
    due = touched["ts_close"] <= limit[touched["timeframe"]]
    made, waiting = touched[due], int((~due).sum())
    stored = stored[np.argsort(stored["seq"], kind="stable")]
    keys = _key(stored["timeframe"], stored["ts_open"])[::-1]
    newest, first = np.unique(keys, return_index=True)  # of two bars of one bucket the one with the higher number
    place = np.searchsorted(newest, _key(made["timeframe"], made["ts_open"]))
    there = np.isin(_key(made["timeframe"], made["ts_open"]), newest)
    new, after, before = made[~there], made[there], stored[::-1][first[place[there]]]
    differs = np.zeros(len(after), dtype=np.bool_)
    for name in _SAME:
        differs |= after[name] != before[name]
    new["quality"], after["quality"] = BACKFILLED, CORRECTED
    after["seq"], after["ts_recv"] = before["seq"], before["ts_recv"]
    return Bars(new, before[differs], after[differs], waiting)


def _key(frame: NDArray[np.int64], ts: NDArray[np.int64]) -> NDArray[np.int64]:
    """A bucket of one day as one number."""
    return frame.astype(np.int64) << 48 | ts % DAY


def _buckets(moments: NDArray[np.int64], frames: Iterable[int]) -> NDArray[np.int64]:
    keys = [np.empty(0, dtype=np.int64)]
    for frame in frames:
        opens = np.unique(moments // _WIDTHS[frame]) * _WIDTHS[frame]
        keys.append(_key(np.full(len(opens), frame), opens))
    return np.concatenate(keys)
