"""The tail of a journal: its rows in order, from any position on, up to the mark."""

import os
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from core.errors import one_line
from core.events import Batch, tally
from core.log import logger
from core.mark import Mark
from core.ports import Catalogue
from core.records import (
    FILE_HEADER,
    RECORD_HEADER,
    Damaged,
    Header,
    batch_of,
    files,
    header,
    name_of,
    payload,
    understood,
)


@dataclass
class Chunk:
    """Batches that one catalogue explains, where each ends, and how many rows of the stream there are by then."""

    catalogue: Catalogue
    batches: list[Batch] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)

    def part(self, first: int, last: int) -> "Chunk":
        return Chunk(self.catalogue, self.batches[first:last], self.ends[first:last], self.totals[first:last])


class Tail:
    """`seek`, then `read` again and again; what was read is passed by seeking behind it."""

    def __init__(self, folder: Path, mark: Mark) -> None:
        self.folder, self.mark = folder, mark
        self.position = 0
        self.damaged: Counter[str] = Counter()  # rows that could not be read, by kind
        self._catalogue = Catalogue("", (), ())
        self._began, self._file = 0, -1
        self._said = -1  # where we last complained

    @property
    def behind(self) -> int:
        """Bytes that are durable and not yet passed."""
        return max(self.mark.position - self.position, 0)

    def seek(self, position: int) -> None:
        """Go to `position`, or the first row there still is."""
        self.position = position
        there = files(self.folder)
        started = [start for start, _ in there if start <= position]
        if there and not started:
            logger().error("journal_hole", folder=str(self.folder), at=position, goes_on_at=there[0][0])
        if there:
            self._open(started[-1] if started else there[0][0])
            self._walk(position)

    def read(self, most: int = 8 << 20) -> Chunk | None:
        """The next batches, about `most` bytes of them; None when there are none up to the mark."""
        while self.behind and (self._file >= 0 or self._advance()):
            before, chunk = self.position, self._parsed(most)
            if chunk.batches:
                return chunk
            if self.position == before and not self._advance():  # the end of the file, or what cannot be read
                return None
        return None

    def forget(self) -> None:
        """Delete the files that end before our position."""
        there = files(self.folder)
        for (_, path), (following, _) in pairwise(there):
            if following <= self.position:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self, start: int) -> None:
        self.close()
        self._file = os.open(name_of(self.folder, start), os.O_RDONLY | os.O_CLOEXEC)
        self._began = start

    def _advance(self) -> bool:
        """Go on in the next file, if the journal has gone on there."""
        later = [start for start, _ in files(self.folder) if start > self._began or self._file < 0]
        if not later or self.mark.position <= later[0]:
            return False
        if self.position != later[0] and self._file >= 0:
            logger().error("journal_hole", folder=str(self.folder), at=self.position, goes_on_at=later[0])
        self._open(later[0])
        self.position = max(self.position, later[0])
        self._walk(self.position)
        return True

    def _walk(self, position: int) -> None:
        """Read the catalogues of the file, from its beginning to `position`."""
        self.position = self._began + FILE_HEADER
        while self.position < position:
            try:
                found = self._header(self.position)
                if found is None:
                    break
                if found.kind == "catalogue":
                    self._catalogue = understood(self._payload(found))
                self.position = found.end
            except Damaged as error:
                logger().error("journal_damaged", folder=str(self.folder), error=one_line(error))
                if error.end is None:
                    break
                self.position = error.end
        self.position = max(self.position, position)

    def _header(self, position: int) -> Header | None:
        data = os.pread(self._file, RECORD_HEADER, position - self._began)
        return header(data, position) if len(data) == RECORD_HEADER else None

    def _payload(self, found: Header) -> memoryview:
        data = os.pread(self._file, RECORD_HEADER + found.length, found.position - self._began)
        return payload(data, found)

    def _parsed(self, most: int) -> Chunk:
        """Whole records from here on; damaged ones are said, counted and passed over."""
        chunk, data, offset = Chunk(self._catalogue), self._bytes(max(most, RECORD_HEADER)), 0
        while offset + RECORD_HEADER <= len(data):
            try:
                found = header(data[offset:], self.position)
                if found is None or found.end > self.mark.position:
                    break
                if offset + RECORD_HEADER + found.length > len(data):
                    if chunk.batches:
                        break
                    data, offset = self._bytes(RECORD_HEADER + found.length), 0
                rows = payload(data, found, offset)
                if found.kind == "catalogue":
                    if chunk.batches:
                        break
                    self._catalogue = chunk.catalogue = understood(rows)
                elif found.kind != "positions":
                    chunk.batches.append(batch_of(found, rows, self._catalogue))
                    chunk.ends.append(found.end)
                    chunk.totals.append(found.total + found.rows)
                offset += RECORD_HEADER + found.length
                self.position = found.end
            except Damaged as error:
                offset = self._pass(error, data, offset)
        return chunk

    def _pass(self, error: Damaged, data: memoryview, offset: int) -> int:
        """Behind what is damaged: the next record, or the end of the file when that cannot be told."""
        if self._said != self.position:
            self._said = self.position
            logger().error("journal_damaged", folder=str(self.folder), error=one_line(error))
        if error.end is None:
            return len(data)
        found = header(data[offset:], self.position)
        if found is not None:
            self.damaged[found.kind] += found.rows
        offset += error.end - self.position
        self.position = error.end
        return offset

    def _bytes(self, most: int) -> memoryview:
        count = min(most, max(self.mark.position - self.position, 0))
        return memoryview(os.pread(self._file, count, self.position - self._began))


def counted(chunk: Chunk) -> Counter[str]:
    """The rows of a chunk by kind."""
    rows = Counter[str]()
    for batch in chunk.batches:
        rows[tally(batch)] += len(batch)
    return rows
