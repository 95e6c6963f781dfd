"""The newest rows of a channel, and batches by what their rows belong to."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.events import Batch, joined

_FEW = 64  # batches that may wait


def by(batch: Batch, field: str) -> Iterator[tuple[int, Batch]]:
    """The batch's parts by the value of a field."""
    values = batch[field].tolist()
    if len(set(values)) == 1:  # nearly always
        yield values[0], batch
        return
    for value in sorted(set(values)):
        yield value, batch[batch[field] == value]


class Latest:
    """The newest row of a channel per symbol and its number; `seq` is the highest number, which a late row may have.

    What was taken is in the arrays once settled.
    """

    def __init__(self, dtype: np.dtype[np.void], symbols: int) -> None:
        self.rows = np.zeros(symbols, dtype=dtype)
        self.own = np.zeros(symbols, dtype=np.int64)
        self.seq = np.zeros(symbols, dtype=np.int64)
        self._waiting: list[tuple[Batch, NDArray[np.int64]]] = []

    def take(self, rows: Batch, numbers: NDArray[np.int64]) -> None:
        """Rows that nobody waits for; together they cost little."""
        self._waiting.append((rows, numbers))
        if len(self._waiting) > _FEW:
            self.settle()

    def settle(self) -> None:
        """Take in what waits: of a symbol the newest by the venue's time, the last one where times are equal."""
        if not self._waiting:
            return
        batches, counts = zip(*self._waiting, strict=True)
        rows, numbers = joined(batches), np.concatenate(counts)
        self._waiting.clear()
        np.maximum.at(self.seq, rows["symbol"], numbers)
        order = np.lexsort((rows["ts_event"], rows["symbol"]))
        symbols = rows["symbol"][order]
        last = order[np.append(symbols[1:] != symbols[:-1], True)]
        last = last[rows["ts_event"][last] >= self.rows["ts_event"][rows["symbol"][last]]]
        symbols = rows["symbol"][last]
        self.rows[symbols], self.own[symbols] = rows[last], numbers[last]

    def take_one(self, row: np.void, number: int) -> bool:
        """Whether it is the newest."""
        symbol = row["symbol"]
        newest = bool(row["ts_event"] >= self.rows["ts_event"][symbol])
        if newest:
            self.rows[symbol], self.own[symbol] = row, number
        self.seq[symbol] = max(number, int(self.seq[symbol]))
        return newest

    def grown(self, symbols: int) -> "Latest":
        """The same with room for more symbols."""
        self.settle()
        grown = Latest(self.rows.dtype, symbols)
        for name in ("rows", "own", "seq"):
            old = getattr(self, name)
            getattr(grown, name)[: len(old)] = old
        return grown
