"""The venue's own numbering: whether book updates and trades follow one another without a hole."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from core.events import TRADE, Batch
from core.ports import Decoded


@dataclass(frozen=True, slots=True)
class Break:
    """A number that is not the next: `what` says of which kind and whether some were missed or one came again."""

    what: str  # trades_missed, trades_repeated, book_missed, book_repeated
    symbol: int
    expected: int  # the last number there was
    found: int  # the one this should have been


class Sequences:
    """Follows each symbol's numbers across frames, files and reconnects; `followed` and `breaks` count.

    Remembers one number a symbol and kind. A late one does not turn time back: those between are missed only once.
    """

    def __init__(self) -> None:
        self.followed: Counter[str] = Counter()
        self.breaks: Counter[str] = Counter()
        self._last: dict[tuple[str, int], int] = {}

    def follow(self, decoded: Decoded, *, numbered: bool) -> list[Break]:
        """The breaks at this frame. `numbered`: the venue's trade ids rise by one a symbol."""
        found = []
        if decoded.book is not None:
            found.append(self._next("book", *decoded.book))
        for batch in decoded.batches:
            if numbered and batch.dtype is TRADE:
                pairs = zip(batch["symbol"].tolist(), batch["trade_id"].tolist(), strict=True)
                found += [self._next("trades", symbol, number - 1, number) for symbol, number in pairs]
        return [each for each in found if each is not None]

    def _next(self, kind: str, symbol: int, follows: int, last: int) -> Break | None:
        """Take what says that it comes behind number `follows` and reaches to `last`."""
        self.followed[kind] += 1
        known = self._last.setdefault((kind, symbol), follows)
        self._last[kind, symbol] = max(known, last)
        if follows == known:
            return None
        what = f"{kind}_missed" if follows > known else f"{kind}_repeated"
        self.breaks[what] += 1
        return Break(what, symbol, known, follows)


class Holes:
    """Finds, batch by batch, where the numbers of trades do not rise by one: what a venue sent and never came."""

    def __init__(self) -> None:
        self._last = np.zeros((0, 2), dtype=np.int64)  # number and moment of each symbol's newest trade

    def forget(self) -> None:
        """What comes next follows nothing: a connection was lost, which is a gap by itself."""
        self._last[:] = 0

    def of(self, trades: Batch, symbols: int) -> list[tuple[int, int, int]]:
        """(symbol, from, to) of every hole, from the trade before it until before the one behind it."""
        if len(self._last) < symbols:
            self._last = np.pad(self._last, ((0, symbols - len(self._last)), (0, 0)))
        own = trades[(trades["symbol"] >= 0) & (trades["symbol"] < symbols)]
        own = own.take(np.argsort(own["symbol"], kind="stable"))
        if not len(own):
            return []
        symbol, number, moment = own["symbol"], own["trade_id"], own["ts_event"]
        first = np.flatnonzero(np.diff(symbol, prepend=-1))
        ends = [*first[1:].tolist(), len(own)]
        found = []
        for begin, end in zip(first.tolist(), ends, strict=True):
            each = int(symbol[begin])
            last, since = self._last[each].tolist()
            numbers = np.concatenate([[last], number[begin:end]])
            highest = np.maximum.accumulate(numbers)  # a late one does not turn time back
            moments = np.concatenate([[since], moment[begin:end]])
            for place in np.flatnonzero((highest[:-1] > 0) & (numbers[1:] > highest[:-1] + 1)).tolist():
                start = int(moments[: place + 1][numbers[: place + 1] == highest[place]][-1])
                found.append((each, start, max(int(moments[place + 1]), start + 1)))
            newest = int(np.argmax(numbers))
            self._last[each] = numbers[newest], moments[newest]
        return found
