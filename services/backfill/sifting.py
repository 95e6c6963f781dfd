"""Sifting: a history's rows through the checks that live rows pass, the sound trades set aside by symbol and day."""

import threading
from collections import Counter
from collections.abc import Iterable

import numpy as np

from core.amending import sound_amendments
from core.engine import REFUSED, Engine
from core.errors import BadInput
from core.events import AMENDMENT, TRADE, Batch, joined
from core.moments import EVER
from core.tape import by_symbol
from services.backfill.spill import Spill
from services.backfill.tally import Backfilled, Report, Tally


def sift(batches: Iterable[Batch], sieve: Engine, spill: Spill, *, report: Report, stop: threading.Event) -> Backfilled:
    """The trades of `batches` counted by symbol, those that are none refused by name, and the time they span.

    `sieve`: an engine that makes no bars of them.
    """
    found, seen, sound = Backfilled(), Counter[int](), Counter[int]()
    first, last = EVER[::-1]
    for batch in batches:
        if stop.is_set():
            return found
        if batch.dtype is AMENDMENT:
            for symbol, own in by_symbol(sound_amendments(batch, len(sieve.symbols))):
                found.amendments[symbol] = joined([found.amendments.get(symbol, own[:0]), own])
        if batch.dtype is not TRADE:
            continue
        seen.update(_counted(batch))
        for trades in sieve(batch):
            sound.update(_counted(trades))
            spill.add(trades)
            first, last = min(first, int(trades["ts_event"].min())), max(last, int(trades["ts_event"].max()))
        report("reading", sum(seen.values()), 0)
    if not seen:
        raise BadInput("expected trades to merge, found none: quotes and bars are not merged")
    found.span = first, last + 1
    found.refused.update({reason: rows for reason, rows in zip(REFUSED, sieve.refused.tolist(), strict=True) if rows})
    names = {symbol: sieve.symbols.names[symbol] if symbol >= 0 else "" for symbol in seen}
    found.symbols = {names[each]: Tally(trades=seen[each], refused=seen[each] - sound[each]) for each in sorted(seen)}
    return found


def _counted(trades: Batch) -> dict[int, int]:
    symbols, rows = np.unique(trades["symbol"], return_counts=True)
    return dict(zip(symbols.tolist(), rows.tolist(), strict=True))
