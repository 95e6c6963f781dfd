"""Recovery: what a journal holds when its process begins again, whatever the last one was doing when it ended."""

import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.events import POSITION
from core.log import logger
from core.mark import DURABLE, STORED, Mark
from core.ports import Catalogue
from core.records import (
    FILE_HEADER,
    RECORD_HEADER,
    ROWS,
    Damaged,
    Header,
    batch_of,
    begins_at,
    files,
    name_of,
    stream_of,
    understood,
    walked,
)
from core.tables import Positions


@dataclass
class Recovered:
    """Where a journal goes on, and the last number given per (channel, symbol)."""

    stream: uuid.UUID
    position: int
    total: int
    catalogue: Catalogue = field(default_factory=lambda: Catalogue("", (), ()))
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def knows(self, catalogue: Catalogue) -> bool:
        """Whether the last run numbered all that this catalogue has."""
        mine, theirs = (
            {*each.symbols, *each.timeframes, *(one.name for one in each.strategies)}
            for each in (self.catalogue, catalogue)
        )
        return theirs <= mine


def recovered(folder: Path) -> Recovered | None:
    """The state of the newest sound file, its torn end cut off; None for an empty journal.

    A file whose head is damaged is set aside under another name, and said; its rows are lost to the numbering, but not
    to whoever looks at the file.
    """
    _name_begun(folder)
    marks = [mark for name in (DURABLE, STORED) if (mark := Mark.read(folder, name)) is not None]
    for start, path in reversed(files(folder)):
        try:
            found = _of_file(start, path)
        except Damaged as error:
            logger().error("journal_file_damaged", file=str(path), error=str(error), kept_as=f"{path.name}.damaged")
            path.rename(path.with_name(f"{path.name}.damaged"))
            continue
        passed = [mark.position for mark in marks if mark.stream == found.stream]
        found.position = max(found.position, *passed, 0)  # never a position twice: the store may have passed it
        return found
    return None


def _name_begun(folder: Path) -> None:
    """The thread that gives files their names may have been killed first; one that was not begun is removed."""
    for path in folder.glob("*.partial"):
        data = path.read_bytes()
        start = begins_at(data)
        if start is not None:
            path.rename(name_of(folder, start))
        elif any(data):  # killed while it wrote the head, or damaged since: nothing that was written is deleted
            aside = path.with_name(f"{uuid.uuid4().hex}.damaged")
            logger().error("journal_file_damaged", file=str(path), error="its head is not whole", kept_as=aside.name)
            path.rename(aside)
        else:
            path.unlink()


def _of_file(start: int, path: Path) -> Recovered:
    data = path.read_bytes()
    found = Recovered(stream_of(data, start), start + FILE_HEADER, 0)
    reading = _Reading(found)
    for each in walked(memoryview(data)[FILE_HEADER:], start + FILE_HEADER):
        if isinstance(each, Damaged):
            logger().error("journal_damaged", file=str(path), error=str(each))
        else:
            offset = each.position - start + RECORD_HEADER
            reading.take(each, memoryview(data)[offset : offset + each.length])
    if reading.positions is None:
        raise Damaged("its catalogue or its numbers are not whole")
    reading.finish()
    end = found.position - start
    if any(data[end : end + RECORD_HEADER]):
        rest, aside = data[end:].rstrip(b"\0"), path.with_name(f"{path.name}.{end}.damaged")
        aside.write_bytes(rest)  # what comes behind may be sound: whoever wants it can look
        logger().warning("journal_cut", file=str(path), at=found.position, bytes=len(rest), kept_as=aside.name)
    os.truncate(path, end)
    return found


class _Reading:
    """One file, record after record."""

    def __init__(self, found: Recovered) -> None:
        self.found = found
        self.catalogue: Catalogue | None = None
        self.positions: Positions | None = None

    def take(self, each: Header, rows: memoryview) -> None:
        self.found.position, self.found.total = each.end, each.total + (each.rows if each.kind not in _HEADS else 0)
        if each.kind == "catalogue":
            self.finish()
            self.catalogue = self.found.catalogue = understood(rows)
            if self.positions is not None:
                self.positions = Positions(self.catalogue)
        elif each.kind == "positions" and self.catalogue is not None:
            self.positions = Positions(self.catalogue)
            last = np.frombuffer(rows, dtype=POSITION)
            for channel, symbol, seq in last.tolist():
                key = self.positions.channels[channel], self.catalogue.symbols[symbol]
                self.found.numbers[key] = seq
        elif self.positions is not None and self.catalogue is not None and each.kind in ROWS:
            self.positions.add(each.kind, batch_of(each, rows, self.catalogue))

    def finish(self) -> None:
        """Take over the numbers that came under the catalogue that ends here."""
        if self.positions is not None and self.catalogue is not None:
            for channel, symbol, seq in self.positions.changed():
                key = channel, self.catalogue.symbols[symbol]
                self.found.numbers[key] = max(seq, self.found.numbers.get(key, 0))


_HEADS = frozenset({"catalogue", "positions"})
