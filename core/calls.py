"""Calls: a journal's files read as what its engine was given, call for call, and what it gave.

Where something cannot be read, or could not be written, the calls end: what follows cannot be given again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.events import NEVER, POSITION, VENUE, Batch, joined, kind, row_dtype
from core.ports import Catalogue
from core.recipe import Recipe, read
from core.records import FILE_HEADER, INPUTS, Damaged, Header, Meaning, intact, stream_of, walked

_AS_THEY_ARE = ("trades", "quotes", "amendments")  # inputs that an engine gives back, as far as they are sound


@dataclass(frozen=True, eq=False)
class Head:
    """What a file begins with: names, the last numbers given, and the engine's recipe, if it says one."""

    position: int
    catalogue: Catalogue
    numbers: Batch
    recipe: Recipe | None


@dataclass(frozen=True)
class Names:
    """A catalogue with more symbols."""

    catalogue: Catalogue


@dataclass(eq=False)
class Call:
    """What an engine was given, None when all of it was refused, and what it gave, as the journal has it. `position`:
    where its first record begins; `end`: where the last of it ends, 0 when others lie behind it in the same record."""

    position: int
    given: Batch | None = None
    made: list[Batch] = field(default_factory=list)
    end: int = 0
    rows: int = 0  # of the stream, before it


@dataclass(frozen=True)
class End:
    """From here on nothing can be given again, and why; without a reason, the journal ends."""

    position: int
    reason: str = ""


def calls(files: Iterable[tuple[int, Path]], until: int = NEVER, since: int = 0) -> Iterator[Head | Names | Call | End]:
    """The calls in a journal's files, which follow each other, up to a position; those from `since` on."""
    reading = _Reading(since)
    for start, path in files:
        if reading.next not in (None, start):
            reading.fail(f"nothing from {reading.next} to {start} is there")
            break
        yield from reading.file(start, path, until)
        if reading.failed is not None:
            break
    yield from reading.ended()


class _Reading:
    """Files, record after record."""

    def __init__(self, since: int) -> None:
        self.next: int | None = None  # where a record is expected
        self.failed: End | None = None
        self._since, self._meaning = since, Meaning()
        self._call: Call | None = None  # the last: more of it may follow
        self._heads: list[Head | Names] = []
        self._numbers = np.empty(0, dtype=POSITION)
        self._inputs = False  # whether the last call's input has a record of its own

    def fail(self, reason: str, position: int | None = None) -> None:
        self.failed = End(position if position is not None else self.next or 0, reason)

    def file(self, start: int, path: Path, until: int) -> Iterator[Head | Names | Call | End]:
        data = path.read_bytes()
        try:
            stream_of(data, start)
        except Damaged as error:
            self.fail(str(error), start)
            return
        self.next = start + FILE_HEADER
        for found, rows in walked(data, start):
            if found.end > until:
                return
            if found.position != self.next or not intact(found, rows):
                self.fail(f"what lies from {self.next} to {found.end} is damaged")
                return
            yield from self._record(found, rows, start)
            self.next = found.end
            if self.failed is not None:
                return

    def _record(self, found: Header, rows: memoryview, start: int) -> Iterator[Head | Names | Call | End]:
        if found.kind == "catalogue":
            self._meaning.learn(found, rows)
            if found.position != start + FILE_HEADER:
                self._heads.append(Names(self._meaning.catalogue))
        elif found.kind == "positions":
            self._numbers = np.frombuffer(rows, dtype=POSITION)
            self._heads.append(Head(start, self._meaning.catalogue, self._numbers, None))
        elif found.kind == "recipe":
            self._heads[-1] = Head(start, self._meaning.catalogue, self._numbers, read(rows))
        elif found.kind == "broken":
            self.fail("rows were dropped there: the disk or the journal was full", found.position)
        elif found.position >= self._since:
            yield from self._take(found, rows)

    def _take(self, found: Header, rows: memoryview) -> Iterator[Head | Names | Call]:
        batch = np.frombuffer(rows, dtype=row_dtype(found.kind, self._meaning.catalogue.outputs))
        if found.more:
            if self._call is not None:
                self._call.made.append(batch)
                self._call.end = found.end
            return
        yield from self._over()
        self._inputs = found.kind in INPUTS
        if found.kind == "time":
            for row in np.split(batch, len(batch))[:-1]:
                yield Call(found.position, _time(row), rows=found.total)
        last = _time(batch[-1:]) if found.kind == "time" else batch
        self._call = Call(found.position, last if self._inputs else None, end=found.end, rows=found.total)
        if not self._inputs:
            self._call.made.append(batch)

    def _over(self) -> Iterator[Head | Names | Call]:
        """The call that was being read, and the heads behind it."""
        if self._call is not None:
            if not self._inputs:
                self._call.given = _given(self._call.made)
            yield self._call
        self._call = None
        yield from self._heads
        self._heads.clear()

    def ended(self) -> Iterator[Head | Names | Call | End]:
        yield from self._over()
        yield self.failed or End(self.next or 0)


def _time(row: Batch) -> Batch | None:
    """A TIME row; None for a call that nothing came of."""
    return None if row["ts_event"][0] == NEVER else row


def _given(made: list[Batch]) -> Batch | None:
    """What has to be given for these to be made, when it is among them."""
    for what in _AS_THEY_ARE:
        own = [batch for batch in made if kind(batch) == what]
        if own:
            return joined(own)
    own = [batch for batch in made if kind(batch) == "bars" and batch["origin"][0] == VENUE]
    return joined(own) if own else None
