"""Recovery: what a journal holds when its process begins again, whatever the last one was doing when it ended.

A number that was heard is never given again. Where rows cannot be read, the totals of the records around them say how
many there were; each may have taken the next number of any channel and symbol, so all numbers go on behind that many.
"""

import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.disk import set_aside
from core.errors import one_line
from core.events import POSITION, STREAMED, TRADE
from core.log import logger
from core.mark import DURABLE, STORED, Mark
from core.ports import Catalogue
from core.records import (
    FILE_HEADER,
    RECORD_HEADER,
    UNCOUNTED,
    Damaged,
    Header,
    Meaning,
    begins_at,
    files,
    head_of,
    header,
    intact,
    name_of,
    stream_of,
    walked,
)
from core.tables import Positions

_SMALLEST = TRADE.itemsize  # of the rows that take numbers
_PAGE = 4096
_File = tuple[int, Path, bytes]


@dataclass
class Recovered:
    """Where a journal goes on, and the last number given per (channel, symbol), as far as it could be read: each of the
    rows `missed` may have taken one more, of any symbol."""

    stream: uuid.UUID
    position: int
    total: int
    catalogue: Catalogue = field(default_factory=lambda: Catalogue("", (), ()))
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    missed: int = 0
    reached: int = 0  # when the newest trade happened

    def knows(self, catalogue: Catalogue) -> bool:
        """Whether the last run numbered all that this catalogue has."""
        mine, theirs = (
            {*each.symbols, *each.timeframes, *(one.name for one in each.strategies)}
            for each in (self.catalogue, catalogue)
        )
        return theirs <= mine


def recovered(folder: Path) -> Recovered | None:
    """What the newest file with a whole head and those behind it say, the torn end cut off; None for an empty journal.

    Without any such file the names are unknown, and the numbers are those of the database and more.
    """
    _name_begun(folder)
    there = _readable(folder)
    if not there:
        return None
    marks = [Mark.read(folder, name) for name in (DURABLE, STORED)]
    stream = _stream(there, marks)
    totals = [mark.total if mark is not None and mark.stream == stream else 0 for mark in marks]
    head = head_of(there[0][2], there[0][0])
    reading = _Reading(Recovered(stream or uuid.uuid4(), there[0][0], totals[1] if head is None else head.total))
    for start, path, data in there:
        reading.file(start, path, data)
    found = reading.ended(max(totals))
    if head is None:
        found.catalogue = Catalogue("", (), ())
    if stream is None:
        for _, path, _ in there:
            _set_aside(path, "no file and no mark says which journal it is of")
        return Recovered(found.stream, 0, 0, numbers=found.numbers, missed=found.missed)
    _cut(*there[-1], found.position)
    passed = [mark.position for mark in marks if mark is not None and mark.stream == stream]
    found.position = max(found.position, *passed, 0)  # never a position twice: the store may have passed it
    return found


def _readable(folder: Path) -> list[_File]:
    """The newest file whose head is whole and those behind it, oldest first; all of them when there is none."""
    found: list[_File] = []
    for start, path in reversed(files(folder)):
        found.insert(0, (start, path, path.read_bytes()))
        if head_of(found[0][2], start) is not None:
            break
    return found


def _stream(there: list[_File], marks: list[Mark | None]) -> uuid.UUID | None:
    """The journal that files belong to, as one of them says, or a mark."""
    for start, _, data in there:
        try:
            return stream_of(data, start)
        except Damaged:
            continue
    return next((mark.stream for mark in marks if mark is not None), None)


def _name_begun(folder: Path) -> None:
    """The thread that gives files their names may have been killed first; one that was not begun is removed."""
    for path in folder.glob("*.partial"):
        data = path.read_bytes()
        start = begins_at(data)
        if start is not None:
            path.rename(name_of(folder, start))
        elif any(data):  # killed while it wrote the head, or damaged since: nothing that was written is deleted
            _set_aside(path, "its head is not whole")
        else:
            path.unlink()


def _set_aside(path: Path, why: str) -> None:
    logger().error("journal_file_damaged", file=str(path), error=why, kept_as=set_aside(path).name)
    path.unlink()


def _cut(start: int, path: Path, data: bytes, position: int) -> None:
    """Cut the newest file behind its last record; one without any is set aside."""
    end = position - start
    if end <= 0:
        _set_aside(path, "nothing in it can be read")
        return
    if rest := data[end:].rstrip(b"\0"):
        aside = path.with_name(f"{path.name}.{end}.damaged")
        aside.write_bytes(rest)  # whoever wants it can look
        logger().warning("journal_cut", file=str(path), at=position, bytes=len(rest), kept_as=aside.name)
    os.truncate(path, end)


class _Reading:
    """Files, record after record."""

    def __init__(self, found: Recovered) -> None:
        self._found = found
        self._next = found.position  # where a record is expected
        self._meaning = Meaning()
        self._positions: Positions | None = None
        self._folder, self._said = "", ""
        self._unread = 0  # rows there may be behind the last record, at most

    def file(self, start: int, path: Path, data: bytes) -> None:
        self._finish()
        self._meaning.forget()
        self._folder = str(path.parent)
        self._next += FILE_HEADER if self._next == start else 0
        before = self._next
        for each, rows in walked(data, start):
            if intact(each, rows):
                self._take(each, rows)
        offset = max(self._next - start, FILE_HEADER)
        self._unread = _most(data, start, offset) + (self._unread if self._next == before else 0)

    def ended(self, total: int) -> Recovered:
        """What was found, the stream having had at least `total` rows."""
        self._finish()
        found = self._found
        found.missed += max(total - found.total, self._unread)
        found.total = max(total, found.total)
        return found

    def _take(self, each: Header, rows: memoryview) -> None:
        found, own = self._found, 0 if each.kind in UNCOUNTED else each.rows
        missed = max(each.total - found.total, 0)
        if missed or each.position != self._next:
            self._meaning.doubt()
            self._say(f"nothing from {self._next} to {each.position} could be read: {missed} rows")
        try:
            self._understand(each, rows)
        except Damaged as error:
            self._say(one_line(error))
            missed += own
        found.missed += missed
        found.position, found.total = each.end, each.total + own
        self._next = each.end

    def _understand(self, each: Header, rows: memoryview) -> None:
        if each.kind == "catalogue":
            self._finish()
            self._meaning.learn(each, rows)
            self._found.catalogue = self._meaning.catalogue
            self._positions = Positions(self._meaning.catalogue)
        elif each.kind == "positions" and self._positions is not None and self._meaning.explains(each):
            last = np.frombuffer(rows, dtype=POSITION)
            for channel, symbol, seq in last.tolist():
                self._reach(self._positions.channels[channel], symbol, seq)
        elif each.kind in STREAMED:
            batch = self._meaning.batch(each, rows)
            if each.kind == "trades":
                self._found.reached = max(self._found.reached, int(batch["ts_event"].max(initial=0)))
            if self._positions is not None:
                self._positions.add(each.kind, batch)

    def _finish(self) -> None:
        """Take over the numbers that came under the catalogue that ends here."""
        if self._positions is not None:
            for channel, symbol, seq in self._positions.changed():
                self._reach(channel, symbol, seq)
        self._positions = None

    def _reach(self, channel: str, symbol: int, seq: int) -> None:
        key, numbers = (channel, self._meaning.catalogue.symbols[symbol]), self._found.numbers
        numbers[key] = max(seq, numbers.get(key, 0))

    def _say(self, sentence: str) -> None:
        if sentence != self._said:  # once for all rows of a catalogue
            logger().error("journal_damaged", folder=self._folder, error=sentence)
        self._said = sentence


def _most(data: bytes, start: int, offset: int) -> int:
    """How many rows there may be behind the last record, which ends at `offset`.

    None, where a kill tore the last write: that ends with a page, and nobody was told of its rows.
    """
    rest = data[offset:].rstrip(b"\0")
    torn = header(rest, start + offset)
    if torn is not None and offset + len(rest) <= (torn.end - start - 1) & -_PAGE:
        return 0
    return max(-(-(len(rest) - RECORD_HEADER) // _SMALLEST), torn.rows if torn is not None else 0, 0)
