"""The newest rows of a channel, and batches by what their rows belong to."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.events import Batch


def by(batch: Batch, field: str) -> Iterator[tuple[int, Batch]]:
    """The batch's parts by the value of a field."""
    values = batch[field].tolist()
    if len(set(values)) == 1:  # nearly always
        yield values[0], batch
        return
    for value in sorted(set(values)):
        yield value, batch[batch[field] == value]


class Latest:
    """The newest row of a channel per symbol and its number; `seq` is the highest number, which a late row may have."""

    def __init__(self, dtype: np.dtype[np.void], symbols: int) -> None:
        self.rows = np.zeros(symbols, dtype=dtype)
        self.own = np.zeros(symbols, dtype=np.int64)
        self.seq = np.zeros(symbols, dtype=np.int64)

    def take(self, rows: Batch, numbers: NDArray[np.int64]) -> None:
        """Rows in their order: of a symbol that comes twice the last one stays, unless it is late."""
        symbols = rows["symbol"]
        np.maximum.at(self.seq, symbols, numbers)
        newer = rows["ts_event"] >= self.rows["ts_event"][symbols]
        for symbol in np.unique(symbols[~newer]) if not newer.all() else ():  # late ones may be among newer ones
            newer &= (symbols != symbol) | (rows["ts_event"] >= rows["ts_event"][symbols == symbol].max())
        self.rows[symbols[newer]], self.own[symbols[newer]] = rows[newer], numbers[newer]

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
        grown = Latest(self.rows.dtype, symbols)
        for name in ("rows", "own", "seq"):
            old = getattr(self, name)
            getattr(grown, name)[: len(old)] = old
        return grown
