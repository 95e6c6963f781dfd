"""What differs between what was made and what is made again: the rows to be told, and how things stand then."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.events import BACKFILLED, COMPLETE, CORRECTED, SECOND, Batch, joined
from core.remaking import Made, Span

Numbers = Callable[[Batch], None]  # gives rows that are new their numbers, in place
Mask = NDArray[np.bool_]
Pairs = tuple[Mask, NDArray[np.int64]]  # which rows there were before, and where

_BESIDE = ("ts_recv", "seq", "seq_all", "quality")  # what two rows that say the same may differ in
_COUNTS = ("volume", "side", "strength", "trades")


def differing(old: Made, new: Made, doubted: Span, ts_recv: int, number: Numbers) -> tuple[Made, Made]:
    """The rows to be told, and all as it stands now. What touches `doubted` is told even when it is the same.

    What there was keeps its number, what is new gets one; a bar that is no more has no trades, a signal no side.
    """
    touched = (new.bars["ts_open"] < doubted[1]) & (new.bars["ts_close"] > doubted[0])
    pairs = _pairs(_bar_keys(new.bars), _bar_keys(old.bars))
    same = _same(new.values, old.values, pairs)
    bars, told, gone = _merged(old.bars, new.bars, pairs, (same, touched), ts_recv=ts_recv, number=number)
    values = new.values.copy()
    for name in ("ts_recv", "seq", "quality"):
        values[name] = bars[name]
    keys = np.concatenate([_bar_keys(bars[told]), _bar_keys(old.bars[gone])])
    touched = np.isin(_signal_bars(new.signals), keys)
    pairs = _pairs(_signal_keys(new.signals), _signal_keys(old.signals))
    same = np.ones(len(new.signals), dtype=np.bool_)
    signals, said, unsaid = _merged(old.signals, new.signals, pairs, (same, touched), ts_recv=ts_recv, number=number)
    revised = Made(
        joined([bars[told], _withdrawn(old.bars[gone], ts_recv)]),
        joined([values[told], _withdrawn(old.values[gone], ts_recv)]),
        joined([signals[said], _withdrawn(old.signals[unsaid], ts_recv)]),
    )
    return revised, Made(bars, values, signals)


def _merged(
    old: Batch, new: Batch, pairs: Pairs, masks: tuple[Mask, Mask], *, ts_recv: int, number: Numbers
) -> tuple[Batch, Mask, Mask]:
    """The new rows as they stand beside the old ones, which of them are to be told, and which old ones are gone.

    `masks`: rows that are the same in what belongs to them, and those to be told in any case.
    """
    (there, place), (same, touched) = pairs, masks
    same = same & _same(new, old, pairs)
    found, fresh = new.copy(), new["quality"]
    found["ts_recv"][~same] = ts_recv
    before = np.full(len(new), -1)
    before[there] = old["quality"][place[there]]
    for name in {"seq", "seq_all"} & set(new.dtype.names or ()):
        found[name][there] = old[name][place[there]]
    found["ts_recv"][same] = old["ts_recv"][place[same]]
    changed = np.where(there, CORRECTED, BACKFILLED)
    kept = same & ~touched & np.isin(before, (COMPLETE, CORRECTED, BACKFILLED))
    found["quality"] = np.where(fresh != COMPLETE, fresh, np.where(kept, before, changed))
    added = found[~there]
    number(added)
    found[~there] = added
    told = ~same | touched | (found["quality"] != before)
    gone = np.ones(len(old), dtype=np.bool_)
    gone[place[there]] = False
    return found, told, gone


def _pairs(new: NDArray[np.int64], old: NDArray[np.int64]) -> Pairs:
    """Which of the new keys are among the old, and where."""
    _, left, right = np.intersect1d(new, old, assume_unique=True, return_indices=True)
    there, place = np.zeros(len(new), dtype=np.bool_), np.zeros(len(new), dtype=np.int64)
    there[left], place[left] = True, right
    return there, place


def _same(new: Batch, old: Batch, pairs: Pairs) -> Mask:
    """Which rows say the same as those they are paired with, to the last bit."""
    there, place = pairs
    one, other = new[there], old[place[there]]
    for name in set(_BESIDE) & set(new.dtype.names or ()):
        one[name] = other[name]
    width = new.dtype.itemsize
    equal = (one.view(np.uint8).reshape(-1, width) == other.view(np.uint8).reshape(-1, width)).all(axis=1)
    found = np.zeros(len(new), dtype=np.bool_)
    found[there] = equal
    return found


def _withdrawn(rows: Batch, ts_recv: int) -> Batch:
    """Rows that are no more: their numbers are none, or 0 where they count."""
    found = rows.copy()
    for name in rows.dtype.names or ():
        if name in _COUNTS:
            found[name] = 0
        elif rows.dtype[name].kind == "f":
            found[name] = np.nan
    found["ts_recv"], found["quality"] = ts_recv, CORRECTED
    return found


def _bar_keys(bars: Batch) -> NDArray[np.int64]:
    """A number for each bucket: closes are whole seconds."""
    found: NDArray[np.int64] = bars["ts_close"] // SECOND * 16 + bars["timeframe"]
    return found


def _signal_bars(signals: Batch) -> NDArray[np.int64]:
    """The keys of the bars they were made of."""
    found: NDArray[np.int64] = signals["ts_event"] // SECOND * 16 + signals["timeframe"]
    return found


def _signal_keys(signals: Batch) -> NDArray[np.int64]:
    found: NDArray[np.int64] = _signal_bars(signals) * 4096 + signals["strategy"]
    return found
