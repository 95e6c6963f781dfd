"""Winding: what came and was made is put on tapes, and checkpoints are made and let go of, a little at a time."""

from collections.abc import Container, Iterable

import numpy as np

from core.bank import Bank
from core.events import Batch, joined, kind
from core.reel import Reel, Tapes

_MOST = 2_000_000  # trades on all tapes
_WOUND = 32  # batches of a kind that may wait to be put on them
_OFTEN = 64  # checkpoints of a symbol there would be if all were kept
_PART = 64  # of the symbols that a checkpoint is due of a 64th gets it at once


class Winding:
    """`heard` all that an engine gives; every symbol's reel has it once wound. `settle` does what can wait.

    `lookback`: what happened so long ago is let go of, in nanoseconds of the venue's clock.
    """

    def __init__(self, bank: Bank, lookback: int) -> None:
        self.reels: list[Reel] = []
        self._bank, self._lookback, self.tapes = bank, lookback, Tapes.of(bank)
        self._waiting: dict[str, list[Batch]] = {"trades": [], "bars": [], "values": [], "signals": []}
        self.next = np.empty(0, dtype=np.int64)  # when a symbol's next checkpoint is due
        self._looked = 0  # when it was, of which symbols a checkpoint is
        self._due: list[int] = []
        self._crowded = False  # the tapes are too long

    @property
    def looked(self) -> tuple[int, list[int], bool]:
        """When it was looked of which symbols a checkpoint is due, which are left, and whether the tapes were full."""
        return self._looked, self._due[:], self._crowded

    @looked.setter
    def looked(self, how: tuple[int, list[int], bool]) -> None:
        self._looked, self._due, self._crowded = how

    def grow(self, symbols: int, now: int) -> None:
        """Make room for `symbols` symbols."""
        first = len(self.reels)
        self.tapes.grow(symbols)
        self.reels += [Reel.of(self._bank, symbol, now, self.tapes) for symbol in range(first, symbols)]
        spread = self._lookback // _OFTEN * (np.arange(first, symbols) % _PART) // _PART  # not all at once
        self.next = np.concatenate([self.next, now + spread])

    def heard(self, made: Iterable[Batch]) -> None:
        """Put trades, bars, values and signals on the tapes, in time."""
        for batch in made:
            self._waiting[kind(batch)].append(batch)

    def wind(self) -> None:
        """Put on the tapes what waits."""
        for name, batches in self._waiting.items():
            if batches:
                self._put(name)

    def settle(self, now: int, kept: Container[int]) -> None:
        """A small part of what can wait: one kind of what is to be put on the tapes, some checkpoints. Of symbols that
        are `kept` nothing is let go of."""
        for name, batches in self._waiting.items():
            if len(batches) > _WOUND:
                self._put(name)
                break
        if now != self._looked:
            self._look(now)
        if self._due:
            self.wind()
            for _ in range(1 + len(self._due) // _PART):
                self._check(self._due.pop(), now, kept)

    def _put(self, name: str) -> None:
        getattr(self.tapes, name).add(joined(self._waiting[name]))
        self._waiting[name].clear()

    def _look(self, now: int) -> None:
        """Which symbols a checkpoint is due of, the longest due last."""
        self._looked, self._crowded = now, len(self.tapes.trades) > _MOST
        if self._crowded:
            self.next = np.minimum(self.next, now)
        due = np.flatnonzero(self.next <= now)
        self._due = due[np.argsort(self.next[due])[::-1]].tolist()

    def _check(self, symbol: int, now: int, kept: Container[int]) -> None:
        """Make a symbol's checkpoint, and let go of what is older than need be."""
        self.next[symbol] = now + self._lookback // _OFTEN
        reel = self.reels[symbol]
        if not self._crowded and (symbol in kept or reel.pending(now - self._lookback)):
            return
        if not reel.idle:
            reel.check(self._bank, now)
        reel.forget(now if self._crowded else now - self._lookback)
