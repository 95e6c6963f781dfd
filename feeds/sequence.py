"""The venue's own numbering: whether book updates and trades follow one another without a hole."""

from collections import Counter
from dataclasses import dataclass

from core.events import TRADE
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
