"""Making again: a symbol's records as they were, and what its kernel makes of other trades from there on.

A checkpoint is a copy of all that a bank knows of one symbol. The bank's twin, the same compiled kernel with memory for
one symbol, goes on from it through trades in order of time; then its records are the bank's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.bank import NO_TRADES, Bank
from core.events import BAR, SIGNAL, Batch, joined

Span = tuple[int, int]  # from one moment until before another, in nanoseconds
COUNTED = ("trades", "quotes", "signals", "seq", "groups")  # of a symbol, whatever is made again


class Made(NamedTuple):
    """What a kernel made of a symbol's trades: bars, a row of values each, and signals."""

    bars: Batch
    values: Batch
    signals: Batch


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A symbol as it was when the venue's clock had reached `at` and its newest trade had happened at `newest`, or
    a bar of then had been closed.

    `places`: of the next rows on the tapes of trades, bars and signals.
    """

    at: int
    newest: int
    places: tuple[int, int, int]
    state: Batch
    latest: Batch
    forming: Batch
    tick: Batch

    @classmethod
    def of(cls, bank: Bank, symbol: int, at: int, places: tuple[int, int, int]) -> "Checkpoint":
        one = slice(symbol, symbol + 1)
        tick = bank.ticks[one].copy()
        records = bank.state[:, one].copy(), bank.latest[:, one].copy(), bank.forming[one].copy(), tick
        return cls(at, max(int(tick["ts_price"][0]), int(tick["closed_to"][0]) - 1), places, *records)

    @property
    def behind(self) -> int:
        """The moment from which on nothing is in it, nor in a bar that had been closed."""
        return max(self.at, self.newest + 1)


class Remaker:
    """`again`, then `keep`."""

    def __init__(self, bank: Bank) -> None:
        self._bank, self._twin = bank, bank.twin()

    def again(self, base: Checkpoint, trades: Batch, missing: Sequence[Span], now: int) -> Made:
        """What comes of these trades, in order, from `base` until the venue's clock reaches `now`, when `missing`
        spans are known to lack trades."""
        twin = self._twin
        twin.state[:, :1], twin.latest[:, :1], twin.forming[:1], twin.ticks[:1] = (
            base.state, base.latest, base.forming, base.tick,
        )  # fmt: skip
        twin.lane["due"], twin.book["born"] = 0, self._bank.book["born"]
        trades = trades.copy()
        trades["symbol"] = 0
        made, first = list[Batch](), 0
        for start, end in sorted(missing):
            last = max(int(np.searchsorted(trades["ts_event"], start)), first)
            made += [*twin.take(trades[first:last]), *twin.take(NO_TRADES, start, start)]
            twin.ticks["missed_to"] = np.maximum(twin.ticks["missed_to"], end)
            first = last
        made += [*twin.take(trades[first:]), *twin.take(NO_TRADES, now, now)]
        return Made(*(_only(made, dtype) for dtype in (BAR, twin.dtype, SIGNAL)))

    def keep(self, symbol: int) -> None:
        """Let the bank go on from where the twin is; what it counted goes on as well."""
        bank, twin, one = self._bank, self._twin, slice(symbol, symbol + 1)
        bank.state[:, one], bank.latest[:, one] = twin.state[:, :1], twin.latest[:, :1]
        more = bank.ticks["trades"][symbol] - twin.ticks["trades"][0]
        seq = bank.forming["seq"][one].copy()
        bank.forming[one] = twin.forming[:1]
        bank.forming["seq"][one] = seq
        bank.forming["first"][one] += more
        tick = twin.ticks[:1].copy()
        for name in COUNTED:
            if name in (tick.dtype.names or ()):
                tick[name] = bank.ticks[name][one]
        if tick["ts_price"] < bank.ticks["ts_price"][one]:  # taken back, and not to be taken for new if it comes again
            tick["ts_price"], tick["trade_id"] = bank.ticks["ts_price"][one], bank.ticks["trade_id"][one]
        bank.ticks[one] = tick
        bank.lane["due"] = 0  # looked for again as soon as time passes


def _only(batches: Sequence[Batch], dtype: np.dtype[np.void]) -> Batch:
    return joined([np.empty(0, dtype=dtype), *(batch for batch in batches if batch.dtype is dtype)])


def in_order(trades: Batch) -> Batch:
    """Trades as they happened: by time, those of one moment by the venue's number, else as they came."""
    return trades.take(np.lexsort((trades["trade_id"], trades["ts_event"])))


def none_of(trades: Batch, known: Batch) -> Batch:
    """The trades that are not among the known ones, nor among those before them, by moment and the venue's number;
    without a number, none is known."""
    ts, ids = (np.concatenate([known[name], trades[name]]) for name in ("ts_event", "trade_id"))
    order = np.lexsort((ids, ts))  # stable: the known ones first
    again = np.zeros(len(order), dtype=np.bool_)
    again[order[1:]] = (np.diff(ts[order]) == 0) & (np.diff(ids[order]) == 0)
    fresh: Batch = trades[~again[len(known) :] | (trades["trade_id"] == 0)]
    return fresh
