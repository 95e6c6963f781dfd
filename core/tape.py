"""The tape: what came and was made of late, symbol by symbol, so that it can be gone through again."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from core.events import Batch, joined

_PARTS = 64  # before they are put together


class Strip:
    """Rows of one kind of one symbol, in the order they came. A place is how many there were before it, ever."""

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self._nothing = np.empty(0, dtype=dtype)
        self._parts: list[Batch] = []  # put together from time to time,
        self._few: list[Batch] = []  # and the newest as they came
        self._begin = 0
        self.end = 0  # the place behind the last row

    def __len__(self) -> int:
        return self.end - self._begin

    def add(self, rows: Batch) -> None:
        self._few.append(rows)
        self.end += len(rows)
        if len(self._few) > _PARTS:
            self._gather()

    def _gather(self) -> None:
        self._parts += [joined(self._few)] if self._few else []
        self._few = []
        if len(self._parts) > _PARTS:
            self._parts = [joined(self._parts)]

    def since(self, place: int) -> Batch:
        """The rows from a place on."""
        self._gather()
        found, left = [], self.end - place
        for part in reversed(self._parts):
            if left <= 0:
                break
            found.append(part[max(len(part) - left, 0) :])
            left -= len(part)
        return joined(found[::-1] or [self._nothing])

    def replace(self, place: int, rows: Batch) -> None:
        """Have these rows from a place on."""
        self._gather()
        left = self.end - place
        while left > 0 and self._parts:
            part = self._parts.pop()
            if len(part) > left:
                self._parts.append(part[:-left])
            left -= len(part)
        self._parts.append(rows)
        self.end = max(place, self._begin) + len(rows)

    def forget(self, place: int) -> None:
        """Let go of the rows before a place."""
        self._gather()
        while self._parts and self._begin < place:
            first = self._parts[0]
            kept = first[place - self._begin :].copy()
            self._parts[:1] = [kept] if len(kept) else []
            self._begin += len(first) - len(kept)

    def holds(self, ts_event: int, trade_id: int) -> bool:
        """Whether there is a trade of this moment and number; looked for from the newest on."""
        return any(
            np.any((part["ts_event"] == ts_event) & (part["trade_id"] == trade_id))
            for part in reversed([*self._parts, *self._few])
        )


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
