"""A reel: one symbol's checkpoints, and what came and was made since the oldest of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from core.bank import Bank
from core.events import AMENDMENT, BAR, NEVER, SIGNAL, TRADE, Batch
from core.remaking import Checkpoint, Made, Span
from core.tape import Tape


class Tapes(NamedTuple):
    """Of all symbols; the field names are the kinds of batches."""

    trades: Tape
    bars: Tape
    values: Tape
    signals: Tape

    @classmethod
    def of(cls, bank: Bank) -> "Tapes":
        """Empty ones, for what a bank makes."""
        return cls(Tape(TRADE), Tape(BAR), Tape(bank.dtype), Tape(SIGNAL))

    def grow(self, symbols: int) -> None:
        """Make room for `symbols` symbols."""
        for tape in self:
            tape.grow(symbols)


@dataclass(eq=False)
class Reel:
    """`missing`: the spans that lack trades, and why if they may still be filled; `filled`: with how many trades.

    `amendments` wait for their trade; `gone`: the numbers of trades that were taken back, and when they happened.
    """

    symbol: int
    tapes: Tapes
    checkpoints: list[Checkpoint]
    missing: dict[Span, int | None] = field(default_factory=dict)
    filled: dict[Span, int] = field(default_factory=dict)
    told: list[Batch] = field(default_factory=list)  # by a history
    amendments: Batch = field(default_factory=lambda: np.empty(0, dtype=AMENDMENT))
    gone: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, bank: Bank, symbol: int, at: int, tapes: Tapes) -> "Reel":
        """One that begins now."""
        return cls(symbol, tapes, [Checkpoint.of(bank, symbol, at, (0, 0, 0))])

    def noted(self) -> "Reel":
        """The same as it is now: what it holds is not changed, but replaced."""
        lists = self.checkpoints[:], self.missing.copy(), self.filled.copy(), self.told[:]
        return Reel(self.symbol, self.tapes, *lists, self.amendments, self.gone.copy())

    @property
    def cut(self) -> bool:
        """Whether a gap has begun that has no end yet."""
        return any(end == NEVER for _, end in self.missing)

    def pending(self, since: int) -> bool:
        """Whether a gap that ended then or later may still be filled: the checkpoints before it are needed."""
        return any(why is not None and end > since for (_, end), why in self.missing.items())

    def before(self, moment: int) -> Checkpoint | None:
        """The newest checkpoint that nothing of then or later is in."""
        return next((each for each in reversed(self.checkpoints) if each.behind <= moment), None)

    @property
    def idle(self) -> bool:
        """Whether no trade has come since the newest checkpoint."""
        return self.tapes.trades.end(self.symbol) == self.checkpoints[-1].places[0]

    def trades(self, base: Checkpoint | None = None) -> Batch:
        """The trades since a checkpoint, or the oldest."""
        return self.tapes.trades.since(self.symbol, (base or self.checkpoints[0]).places[0])

    def made(self, base: Checkpoint) -> Made:
        """What was made since a checkpoint."""
        of_each = zip(self.tapes, _places(base), strict=True)
        _, *made = (tape.since(self.symbol, place) for tape, place in of_each)
        return Made(*made)

    def holds(self, ts_event: int, trade_id: int) -> bool:
        """Whether there is a trade of this moment and number, or was one that was taken back."""
        if self.gone.get(trade_id) == ts_event:
            return True
        trades = self.trades(self.before(ts_event))
        return bool(np.any((trades["ts_event"] == ts_event) & (trades["trade_id"] == trade_id)))

    def replace(self, base: Checkpoint, trades: Batch, made: Made) -> None:
        """Have these on the tape since then."""
        for tape, place, rows in zip(self.tapes, _places(base), (trades, *made), strict=True):
            tape.replace(self.symbol, place, rows)
        del self.checkpoints[self.checkpoints.index(base) + 1 :]

    def check(self, bank: Bank, at: int) -> None:
        """Make a checkpoint."""
        trades, bars, _, signals = (tape.end(self.symbol) for tape in self.tapes)
        self.checkpoints.append(Checkpoint.of(bank, self.symbol, at, (trades, bars, signals)))
        for i in range(len(self.checkpoints) - 2, 0, -1):  # the older, the fewer
            before, behind = self.checkpoints[i - 1], self.checkpoints[i + 1]
            if 2 * (behind.at - before.at) < at - before.at:
                del self.checkpoints[i]

    def forget(self, moment: int) -> None:
        """Let go of what is older than the newest checkpoint of that moment or before."""
        old = sum(each.at <= moment for each in self.checkpoints) - 1
        if old <= 0:
            return
        del self.checkpoints[:old]
        base = self.checkpoints[0]
        for tape, place in zip(self.tapes, _places(base), strict=True):
            tape.forget(self.symbol, place)
        self.missing = {span: why for span, why in self.missing.items() if span[1] > base.at}
        self.filled = {span: rows for span, rows in self.filled.items() if span[1] > base.at}
        self.gone = {number: ts_event for number, ts_event in self.gone.items() if ts_event > base.at}


def _places(base: Checkpoint) -> Sequence[int]:
    """Of the next rows on each tape."""
    trades, bars, signals = base.places
    return trades, bars, bars, signals
