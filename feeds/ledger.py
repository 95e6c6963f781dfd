"""What the local exchange has played so far: every row, whatever befell the sockets it should have gone out on."""

from collections import Counter, deque

import numpy as np

from core.events import BAR, QUOTE, TRADE, Batch, joined, kind, rows
from core.moments import EVER

_AMENDS = ["trade_id", "new_id", "price", "size", "symbol"]
_UPDATES = 100_000  # trades that are known to have been amended
_KINDS = {"trades": TRADE, "quotes": QUOTE, "bars": BAR}


class Ledger:
    """Rows by kind and symbol, in order of time: the newest `blocks` times `block` of each kind.

    A row takes 64 bytes (a bar 112): an hour of the default session, 2,000 messages a second, would take 460 MB.
    Without other wishes two million rows of a kind are kept, 134 MB: 43 minutes of that session's trades, half an hour
    of its quotes. What is older is forgotten, a block at a time, and counted in `forgotten`.
    """

    def __init__(self, *, block: int = 1 << 16, blocks: int = 32) -> None:
        self.forgotten: Counter[str] = Counter()
        self.updates: dict[tuple[int, int], str] = {}  # by symbol and number, what became of trades: Alpaca's words
        self._shelves = {name: _Shelf(dtype, block, blocks) for name, dtype in _KINDS.items()}

    def add(self, batch: Batch) -> None:
        """Take in trades, quotes or bars; what is given back has its number among all of its kind, from 1, as `seq`."""
        what = kind(batch)
        if what == "amendments":
            self._amend(batch)
            return
        gone = self._shelves[what].add(batch)
        if gone:
            self.forgotten[what] += gone

    def _amend(self, amendments: Batch) -> None:
        """A trade that is taken back or corrected stays, and is known to be; what it is now comes beside it."""
        for number, new, price, size, symbol in amendments[_AMENDS].tolist():
            trades = self.rows("trades", symbol, *EVER)
            self.updates[symbol, number] = "incorrect" if size else "canceled"
            for ts_event in trades["ts_event"][trades["trade_id"] == number][: bool(size)].tolist():
                self.updates[symbol, new] = "corrected"
                self.add(rows(TRADE, [(ts_event, ts_event, 0, new, price, size, symbol, 0)]))
        while len(self.updates) > _UPDATES:
            del self.updates[next(iter(self.updates))]

    def standing(self, symbol: int) -> Batch:
        """A symbol's trades as they are now, without those that were taken back or corrected."""
        return self._without(symbol, self.rows("trades", symbol, *EVER), ("canceled", "incorrect"))

    def original(self, symbol: int, start: int, end: int) -> Batch:
        """A symbol's trades as they were at first, of a venue that never changes one."""
        return self._without(symbol, self.rows("trades", symbol, start, end), ("corrected",))

    def _without(self, symbol: int, trades: Batch, updates: tuple[str, ...]) -> Batch:
        gone = [number for (of, number), what in self.updates.items() if of == symbol and what in updates]
        found: Batch = trades[~np.isin(trades["trade_id"], gone)]
        return found

    def rows(self, what: str, symbol: int, start: int, end: int) -> Batch:
        """The rows of a symbol whose ts_event is from `start` to `end`, both included, in order of it and of `seq`."""
        return self._shelves[what].rows(symbol, start, end)


class _Shelf:
    """The rows of one kind: the last few as they came, before them blocks in order of symbol and time."""

    def __init__(self, dtype: np.dtype[np.void], block: int, blocks: int) -> None:
        self._dtype, self._block, self._blocks = dtype, block * dtype.itemsize, blocks
        self._sorted: deque[_Block] = deque()
        self._numbered = 0  # rows that are in blocks or were forgotten
        self._newest = bytearray()  # ten times faster to add to than arrays are to join

    def add(self, batch: Batch) -> int:
        """How many rows were forgotten for it."""
        self._newest += batch.tobytes()
        if len(self._newest) < self._block:
            return 0
        self._sorted.append(_Block(self._together()))
        self._numbered += len(self._newest) // self._dtype.itemsize
        self._newest = bytearray()
        return len(self._sorted.popleft().rows) if len(self._sorted) > self._blocks else 0

    def rows(self, symbol: int, start: int, end: int) -> Batch:
        newest = self._together()
        ours = (newest["symbol"] == symbol) & (newest["ts_event"] >= start) & (newest["ts_event"] <= end)
        parts = [block.of(symbol, start, end) for block in self._sorted]
        found = joined([*parts, np.take(newest, np.flatnonzero(ours))])
        return np.take(found, np.argsort(found["ts_event"], kind="stable"))  # a session may go back in time

    def _together(self) -> Batch:
        """The newest rows as one batch, numbered."""
        newest = np.frombuffer(bytearray(self._newest), dtype=self._dtype)
        newest["seq"] = np.arange(self._numbered + 1, self._numbered + 1 + len(newest))
        return newest


class _Block:
    def __init__(self, batch: Batch) -> None:
        order = np.lexsort((batch["ts_event"], batch["symbol"]))
        self.rows = np.take(batch, order)  # indexing rows of fields takes twenty times as long
        symbols = self.rows["symbol"]
        self._first = np.searchsorted(symbols, np.arange(int(symbols[-1]) + 2)).tolist()

    def of(self, symbol: int, start: int, end: int) -> Batch:
        if symbol + 1 >= len(self._first):
            return self.rows[:0]
        own = self.rows[self._first[symbol] : self._first[symbol + 1]]
        times = own["ts_event"]
        return own[np.searchsorted(times, start) : np.searchsorted(times, end, side="right")]
