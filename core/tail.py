"""The tail of a journal: its rows in order, from any position on, up to the mark.

What cannot be read is passed over, said and counted: damaged rows under their kind, rows whose header is damaged under
"unknown", for the next sound header says how many there were before it. The file that holds them gets a second name.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from core.disk import set_aside
from core.errors import one_line
from core.events import Batch, tally
from core.log import logger
from core.mark import NEEDED, Mark
from core.ports import Catalogue
from core.records import (
    FILE_HEADER,
    RECORD_HEADER,
    UNCOUNTED,
    Damaged,
    Header,
    Meaning,
    checked,
    files,
    header,
    name_of,
    next_header,
)


@dataclass
class Chunk:
    """Batches that one catalogue explains, where each ends, and how many rows of the stream there are by then.

    Rows that could not be read end with the batch before them; without any batch there is one end, theirs.
    """

    catalogue: Catalogue
    batches: list[Batch] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)

    def part(self, first: int, last: int) -> "Chunk":
        return Chunk(self.catalogue, self.batches[first:last], self.ends[first:last], self.totals[first:last])

    def take(self, batch: Batch | None, end: int, total: int) -> None:
        """Go on with a batch, or behind rows that could not be read."""
        if batch is not None:
            self.batches.append(batch)
        if len(self.ends) < max(len(self.batches), 1):
            self.ends.append(end)
            self.totals.append(total)
        else:
            self.ends[-1], self.totals[-1] = end, total


class Tail:
    """`seek`, then `read` again and again; what was read is passed by seeking behind it."""

    def __init__(self, folder: Path, mark: Mark) -> None:
        self.folder, self.mark = folder, mark
        self.position = 0
        self.total: int | None = None  # rows of the stream up to where we have read; None until that is known
        self.damaged: Counter[str] = Counter()  # rows that could not be read, by kind
        self._meaning = Meaning()
        self._began, self._file = 0, -1
        self._next = 0  # where a record is expected: before our position while something could not be read
        self._said, self._sentence = -1, ""  # up to where we have complained, and of what

    @property
    def behind(self) -> int:
        """Bytes that are durable and not yet passed."""
        return max(self.mark.position - self.position, 0)

    def seek(self, position: int, total: int | None = None) -> None:
        """Go to `position`, before which the stream has `total` rows, or to the first row there still is."""
        self.close()
        self.position, self.total, self._next = position, total, position
        there = files(self.folder)
        started = [start for start, _ in there if start <= position]
        if there and not started:
            logger().error("journal_hole", folder=str(self.folder), at=position, goes_on_at=there[0][0])
            self.total = None  # they may all have been carried: into another database
        if there:
            self._open(started[-1] if started else there[0][0])
            self._walk(position)

    def read(self, most: int = 8 << 20) -> Chunk | None:
        """The next batches, about `most` bytes of them; None when there are none up to the mark."""
        while self.behind and (self._file >= 0 or self._advance()):
            before, chunk = self.position, self._parsed(most)
            if chunk.ends:
                return chunk
            if self.position == before and not self._skip():
                return None
        return None

    def forget(self) -> None:
        """Delete the files that end before our position, but those that a restart would begin with."""
        there, needed = files(self.folder), Mark.read(self.folder, NEEDED)
        kept = needed.position if needed is not None and needed.stream == self.mark.stream else self.position
        for (_, path), (following, _) in pairwise(there):
            if following <= min(self.position, kept):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self, start: int) -> None:
        self.close()
        self._file = os.open(name_of(self.folder, start), os.O_RDONLY | os.O_CLOEXEC)
        self._began = start
        self._meaning.forget()  # generations are counted in each file

    def _later(self) -> int | None:
        """Where the next file begins, if the journal has gone on there."""
        later = [start for start, _ in files(self.folder) if start > self._began or self._file < 0]
        return later[0] if later and self.mark.position > later[0] else None

    def _advance(self) -> bool:
        """Go on in the next file, if there is one."""
        later = self._later()
        if later is None:
            return False
        self._open(later)
        if self.position > later:  # named after we had sought: a thread was killed before it could
            self._walk(self.position)
            return True
        if self._next == later:
            self._next += FILE_HEADER
        self.position = later + FILE_HEADER
        return True

    def _skip(self) -> bool:
        """Go on behind what cannot be read, at the next sound header of this file or in the next; whether there is one.

        At the end of all that is written we wait for the next rows: they tell how many were lost.
        """
        later = self._later()
        found = self._header(self.mark.position if later is None else later)
        if found is not None and found.position == self.position:
            return False  # not yet whole
        if os.fstat(self._file).st_size > self.position - self._began and self.position != later:
            set_aside(name_of(self.folder, self._began))
        if found is None:
            return self._advance()
        self.position = found.position
        return True

    def _header(self, limit: int) -> Header | None:
        """The next sound header before `limit`: nearly always here."""
        for count in (RECORD_HEADER, limit - self.position):
            data = os.pread(self._file, max(min(count, limit - self.position), 0), self.position - self._began)
            found = next_header(data, self.position)
            if found is not None:
                return found
        return None

    def _walk(self, position: int) -> None:
        """Learn the catalogues of the file, from its beginning to `position`."""
        self.position = self._began + FILE_HEADER
        while (found := self._header(position)) is not None:
            if found.position != self.position:
                self._meaning.doubt()
            if found.kind == "catalogue":
                data = os.pread(self._file, RECORD_HEADER + found.length, found.position - self._began)
                self._understand(found, memoryview(data), 0)
            self.position = found.end
        if self.position < position:
            self._meaning.doubt()
        self.position = self._next = max(self.position, position)

    def _parsed(self, most: int) -> Chunk:
        """Whole records from here on, up to where no header can be read."""
        chunk, data, offset = Chunk(self._meaning.catalogue), self._bytes(max(most, RECORD_HEADER)), 0
        while (found := header(data[offset:], self.position)) is not None and found.end <= self.mark.position:
            if offset + RECORD_HEADER + found.length > len(data):
                if chunk.ends:
                    break
                data, offset = self._bytes(RECORD_HEADER + found.length), 0
            if found.kind == "catalogue" and chunk.batches:
                break
            follows = found.total == self.total and found.position == self._next
            missed, batch = 0 if follows else self._missed(found), self._understand(found, data, offset)
            end, holds = found.end, found.kind not in UNCOUNTED
            self.total = found.total + found.rows if holds else found.total
            if holds or missed:
                chunk.take(batch, end, self.total)
            chunk.catalogue = self._meaning.catalogue
            offset += RECORD_HEADER + found.length
            self.position = self._next = end
        return chunk

    def _missed(self, found: Header) -> int:
        """How many rows could not be read before a header."""
        missed = 0 if self.total is None else max(found.total - self.total, 0)
        if missed or found.position != self._next:
            self._meaning.doubt()
            sentence = f"nothing from {self._next} to {found.position} could be read: {missed} rows"
            self._complain(sentence, found.position)
            self.damaged["unknown"] += missed
        return missed

    def _understand(self, found: Header, data: memoryview, offset: int) -> Batch | None:
        """The batch of a record, if it has one that can be read; a catalogue is remembered."""
        try:
            rows = checked(found, data[offset + RECORD_HEADER : offset + RECORD_HEADER + found.length])
            if found.kind == "catalogue":
                self._meaning.learn(found, rows)
            elif found.kind not in UNCOUNTED:
                return self._meaning.batch(found, rows)
        except Damaged as error:
            self._complain(one_line(error), found.position)
            set_aside(name_of(self.folder, self._began))
            if found.kind == "catalogue":
                self._meaning.forget()
            elif found.kind not in UNCOUNTED:
                self.damaged[found.kind] += found.rows
        return None

    def _complain(self, sentence: str, position: int) -> None:
        """Once a place, for what was not carried is read again; and once for all rows of a catalogue."""
        if position > self._said and sentence != self._sentence:
            logger().error("journal_damaged", folder=str(self.folder), at=position, error=sentence)
        self._said, self._sentence = max(position, self._said), sentence

    def _bytes(self, most: int) -> memoryview:
        count = min(most, max(self.mark.position - self.position, 0))
        return memoryview(os.pread(self._file, count, self.position - self._began))


def counted(chunk: Chunk) -> Counter[str]:
    """The rows of a chunk by kind."""
    rows = Counter[str]()
    for batch in chunk.batches:
        rows[tally(batch)] += len(batch)
    return rows
