"""The tape: what came and was made of late, symbol by symbol, so that it can be gone through again."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from core.events import Batch, joined

_PARTS = 64  # before they are put together


class Strip:
    """Rows of one kind of one symbol, in the order they came. A place is how many there were before it, ever."""

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self._parts = [np.empty(0, dtype=dtype)]
        self._begin = 0
        self.end = 0  # the place behind the last row

    def __len__(self) -> int:
        return self.end - self._begin

    def add(self, rows: Batch) -> None:
        self._parts.append(rows)
        self.end += len(rows)
        if len(self._parts) > _PARTS:
            self._parts = [joined(self._parts)]

    def since(self, place: int) -> Batch:
        """The rows from a place on."""
        self._parts = [joined(self._parts)]
        return self._parts[0][max(place - self._begin, 0) :]

    def forget(self, place: int) -> None:
        """Let go of the rows before a place."""
        self._parts = [self.since(place).copy()]
        self._begin = max(place, self._begin)

    def replace(self, place: int, rows: Batch) -> None:
        """Have these rows from a place on."""
        whole = joined([self.since(0)[: max(place - self._begin, 0)], rows])
        self._parts, self.end = [whole], self._begin + len(whole)

    def holds(self, ts_event: int, trade_id: int) -> bool:
        """Whether there is a trade of this moment and number; looked for from the newest on."""
        for part in reversed(self._parts):
            if np.any((part["ts_event"] == ts_event) & (part["trade_id"] == trade_id)):
                return True
        return False


def by_symbol(batch: Batch) -> Iterator[tuple[int, Batch]]:
    """A batch's rows of each symbol, in their order."""
    if len(batch) < 2:
        yield from ((symbol, batch) for symbol in batch["symbol"].tolist())
        return
    order = np.argsort(batch["symbol"], kind="stable")
    rows = batch.take(order)
    symbols = rows["symbol"]
    edges = [0, *(np.flatnonzero(np.diff(symbols)) + 1).tolist(), len(rows)]
    for first, last in pairwise(edges):
        yield symbols.item(first), rows[first:last]
