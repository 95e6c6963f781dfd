"""Turns: what an engine is given and what it gives, one after the other, as records of a journal.

A turn is one call of the engine, and what can wait behind it. What was sound of trades, quotes, amendments and a
venue's bars is given back, and so is in the journal; of the rest there are records of what was given: time, trades a
history told, gaps. With them the same engine can be given the same again (`core/calls.py`), call for call. Records of
one turn say so: all but the first of them follow from the same input as the record before.
"""

from collections import Counter
from collections.abc import Iterator

from core.events import NEVER, TIME, Batch, kind, rows, tally
from core.records import Record, raw

_ALONE = {"history": "history", "gaps": "missed"}  # written as they were given, at once
_MOST = 64  # turns without any consequence before they are written by themselves: three seconds of silence
# A turn in which nothing came of what was given, for all of it was refused, or had come before. It counts, for what can
# wait behind a call is done then: when checkpoints are made is the same when all is given again.
NOTHING = rows(TIME, [(NEVER, 0)])


class Turns:
    """`given` and `put` until a turn is `over`; `taken` when it is to be written. What has no consequence waits for
    what has one."""

    def __init__(self) -> None:
        self.more = False  # what is put first goes on with the call before
        self._times: list[Batch] = []
        self._given: Batch | None = None
        self._made: list[Batch] = []

    def given(self, batch: Batch) -> None:
        """What the rows that are put until the turn is over follow from."""
        self._given = batch
        if batch.dtype is TIME:
            self._times.append(batch[-1:])  # the engine looks at no other

    def put(self, batch: Batch) -> None:
        self._made.append(batch)

    def over(self) -> bool:
        """Whether what there is has to be written now."""
        if self._made:
            return True
        given, alone = self._given, self._alone
        if not alone:
            self._given = None
            if given is not None and given.dtype is not TIME:
                self._times.append(NOTHING)
        return alone or len(self._times) > _MOST

    @property
    def _alone(self) -> bool:
        return self._given is not None and kind(self._given) in _ALONE

    def __bool__(self) -> bool:
        return bool(self._times or self._made or self._given is not None)

    def taken(self) -> tuple[Counter[str], list[Record]]:
        """How many rows there are of each kind that counts, and all records; nothing waits any more."""
        rows = Counter[str]()
        for batch in self._made:
            rows[tally(batch)] += len(batch)
        found = list(self._records())
        self._times, self._given, self._made = [], None, []
        return rows, found

    def _records(self) -> Iterator[Record]:
        given = self._given
        if self._times:
            yield "time", len(self._times), b"".join([batch.tobytes() for batch in self._times]), False
        more = self.more or (given is not None and given.dtype is TIME)
        self.more = False
        if given is not None and kind(given) in _ALONE:
            yield _ALONE[kind(given)], len(given), raw(given), False
            more = True
        for batch in self._made:
            yield kind(batch), len(batch), raw(batch), more
            more = True
