"""The tape: what came and was made of late, so that it can be gone through again, symbol by symbol."""

from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise

import numpy as np
from numpy.typing import NDArray

from core.events import Batch

PIECE = 4096  # rows; a tape is made of pieces, and a piece let go of is used again: fresh memory is dear


@dataclass(eq=False)
class Lent:
    """A tape as it was: nothing that it says changes, for pieces are only added to. Give it `back` in the end."""

    begin: list[int]
    _numbers: list[bytes]  # of each symbol's rows
    _pieces: list[NDArray[np.void]]
    _first: int
    _tape: "Tape"

    def rows(self, most: int) -> Iterator[Batch]:
        """All rows in the order they came, a part at a time."""
        numbers = np.sort(np.frombuffer(b"".join(self._numbers), dtype=np.int64)) - self._first
        for first in range(0, len(numbers), most):
            yield gathered(self._pieces, numbers[first : first + most], self._tape.piece, self._tape.dtype)

    def back(self) -> None:
        self._tape.lends = False


class Tape:
    """Rows of one kind, as they came. A place is how many of its symbol there were before it, ever."""

    def __init__(self, dtype: np.dtype[np.void], piece: int = PIECE) -> None:
        self.dtype, self.piece = dtype, piece
        self.lends = False  # pieces let go of are not used again, for somebody reads them
        self._plain = np.dtype((np.void, dtype.itemsize))
        self._pieces: deque[NDArray[np.void]] = deque()  # without fields, which numpy would copy one by one
        self._spare: list[NDArray[np.void]] = []
        self._first = self._end = 0  # the numbers of the first row that is held, and of the next
        self._own: list[array[int]] = []  # of each symbol, the numbers of its rows,
        self._begin: list[int] = []  # and the place of the first of them
        self._held = 0

    def __len__(self) -> int:
        return self._held

    def grow(self, symbols: int) -> None:
        """Make room for `symbols` symbols."""
        more = symbols - len(self._own)
        self._own += [array("q") for _ in range(more)]
        self._begin += [0] * more

    def end(self, symbol: int) -> int:
        """The place behind the last row of a symbol."""
        return self._begin[symbol] + len(self._own[symbol])

    def add(self, rows: Batch) -> None:
        """Rows of any symbols."""
        own, plain = self._own, rows.view(self._plain)
        self._held += len(rows)
        for symbol, number in zip(rows["symbol"].tolist(), count(self._end)):
            own[symbol].append(number)
        done = 0
        while done < len(rows):
            at = (self._end - self._first) % self.piece
            if not at:
                self._lengthen()
            part = plain[done : done + self.piece - at]
            self._pieces[-1][at : at + len(part)] = part
            self._end += len(part)
            done += len(part)

    def _lengthen(self) -> None:
        """Another piece; those before the oldest row that is needed are let go of."""
        first = min((own[0] for own in self._own if own), default=self._end)
        while self._pieces and self._first + self.piece <= first:
            piece = self._pieces.popleft()
            self._spare[:] = [] if self.lends else [piece]
            self._first += self.piece
        self._pieces.append(self._spare.pop() if self._spare else np.empty(self.piece, dtype=self._plain))

    def since(self, symbol: int, place: int) -> Batch:
        """The rows of a symbol from a place on."""
        own = self._own[symbol][max(place - self._begin[symbol], 0) :]
        numbers = np.frombuffer(own, dtype=np.int64) - self._first
        return gathered(self._pieces, numbers, self.piece, self.dtype)

    def lent(self) -> Lent:
        """All of it as it is now, to be read by another thread, one at a time."""
        self.lends = True
        return Lent(self._begin[:], [own.tobytes() for own in self._own], list(self._pieces), self._first, self)

    def begin_at(self, places: Sequence[int]) -> None:
        """Have the first row of each symbol at these places."""
        self._begin[: len(places)] = places

    def replace(self, symbol: int, place: int, rows: Batch) -> None:
        """Have these rows of a symbol from a place on."""
        own, kept = self._own[symbol], max(place - self._begin[symbol], 0)
        self._held -= len(own[kept:])
        del own[kept:]
        self.add(rows)

    def forget(self, symbol: int, place: int) -> None:
        """Let go of the rows of a symbol before a place."""
        own = self._own[symbol]
        gone = min(max(place - self._begin[symbol], 0), len(own))
        del own[:gone]
        self._begin[symbol] += gone
        self._held -= gone


def gathered(
    pieces: Sequence[NDArray[np.void]], numbers: NDArray[np.int64], piece: int, dtype: np.dtype[np.void]
) -> Batch:
    """Rows by their numbers, which rise, counted from the first piece's first."""
    found, done = [np.empty(0, dtype=np.dtype((np.void, dtype.itemsize)))], 0
    while done < len(numbers):
        place = int(numbers[done]) // piece
        behind = int(np.searchsorted(numbers, (place + 1) * piece))
        found.append(pieces[place].take(numbers[done:behind] % piece))
        done = behind
    return np.concatenate(found).view(dtype)


def by_symbol(batch: Batch) -> Iterator[tuple[int, Batch]]:
    """A batch's rows of each symbol, in their order."""
    order = np.argsort(batch["symbol"], kind="stable")
    rows = batch.take(order)
    symbols = rows["symbol"]
    edges = [0, *(np.flatnonzero(np.diff(symbols)) + 1).tolist(), len(rows)] if len(rows) else []
    for first, last in pairwise(edges):
        yield symbols.item(first), rows[first:last]
