"""Records: how batches lie in a journal's files, so that what is torn or flipped is seen and what is sound is kept.

A journal is one endless row of bytes, cut into files named by the position of their first byte. Each file begins with
a header, then the catalogue its rows are to be read with and the last numbers given before it: a file explains itself.
A record is a header and the raw rows of one batch; two checksums tell a damaged header from damaged rows. A header says
where it lies, so behind damage the next one is found by looking for it; and whether its rows are to be read with the
first catalogue of the file, the second…, so rows whose catalogue was lost are never read with another.
"""

import re
import struct
import uuid
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.events import Batch, row_dtype
from core.ports import Catalogue
from core.recipe import understood

KINDS = (
    "", "catalogue", "positions", "trades", "quotes", "bars", "values", "signals", "gaps", "revised_bars",
    "revised_values", "revised_signals", "revised_trades", "amendments", "recipe", "time", "history", "missed",
    "broken",
)  # fmt: skip
HEADS = frozenset({"catalogue", "positions", "recipe"})  # what a file begins with
# What an engine was given that leaves no row by itself, so that it can be given the same again; "broken": what was
# given before is not all there. Like heads they hold no rows of the stream: nobody counts, stores or hears them.
INPUTS = frozenset({"time", "history", "missed", "broken"})
UNCOUNTED = HEADS | INPUTS

_FILE = struct.Struct("<8sII16sQI20x")  # magic, version, zero, stream, position, checksum: 64 bytes
_RECORD = struct.Struct(
    "<IHHIIIIQQ"
)  # magic, kind, generation, rows, length, checksums of rows and header, position, total
_CHECKED = struct.Struct("<IHHIIIQQ")  # the same without the header's own checksum
_FILE_MAGIC, _MAGIC, _VERSION = b"CANDELA\n", 0x1C0DE1A5, 1
FILE_HEADER, RECORD_HEADER = _FILE.size, _RECORD.size
_MORE = 1 << 15  # beside a kind: what follows from the same input as the record before
_GENERATIONS = (1 << 16) - 1  # 0 is none: files of earlier versions do not say which catalogue a record goes with
_BEGINNING = re.compile(re.escape(struct.pack("<I", _MAGIC)))

Record = tuple[
    str, int, bytes | memoryview, bool
]  # kind, rows, bytes, and whether it follows from the same as the last


class Damaged(Exception):
    """What is not as it was written, or cannot be understood."""


class Header(NamedTuple):  # made in 0.4 µs; a frozen dataclass takes 2.3
    """What a record says of itself; `total` counts the rows of the whole stream before it, `generation` the catalogues
    of its file up to it."""

    kind: str
    generation: int
    rows: int
    length: int
    checksum: int
    position: int
    total: int
    more: bool = False  # it follows from the same input as the record before

    @property
    def end(self) -> int:
        return self.position + RECORD_HEADER + self.length


def packed(
    what: str,
    rows: int,
    payload: bytes | memoryview,
    position: int,
    total: int,
    *,
    generation: int = 1,
    more: bool = False,
) -> bytes:
    """The header of a record at `position`."""
    given = (KINDS.index(what) | more * _MORE, generation, rows, len(payload), zlib.crc32(payload))
    checksum = zlib.crc32(_CHECKED.pack(_MAGIC, *given, position, total))
    return _RECORD.pack(_MAGIC, *given, checksum, position, total)


def laid(
    records: Iterable[Record], position: int, total: int, generation: int = 1
) -> tuple[list[bytes | memoryview], int, int]:
    """Records as they lie from a position on, where they end, and how many rows of the stream there are by then."""
    buffers: list[bytes | memoryview] = []
    for what, rows, data, more in records:
        head = packed(what, rows, data, position, total, generation=generation, more=more)
        buffers += (head, data)
        position += len(head) + len(data)
        total += 0 if what in UNCOUNTED else rows
    return buffers, position, total


def following(generation: int) -> int:
    """The generation of the next catalogue of a file."""
    return generation % _GENERATIONS + 1


def header(data: bytes | memoryview, position: int) -> Header | None:
    """The header that begins `data`, which lies at `position`; None where there is no sound one."""
    if len(data) < RECORD_HEADER:
        return None
    magic, code, generation, rows, length, checksum, own, where, total = _RECORD.unpack_from(data)
    sound = own == zlib.crc32(_CHECKED.pack(magic, code, generation, rows, length, checksum, where, total))
    if not sound or magic != _MAGIC or where != position or not 0 < code % _MORE < len(KINDS):
        return None
    return Header(KINDS[code % _MORE], generation, rows, length, checksum, position, total, code >= _MORE)


def next_header(data: bytes | memoryview, position: int) -> Header | None:
    """The first sound header in `data`, which lies at `position`."""
    view = memoryview(data)
    places = (match.start() for match in _BEGINNING.finditer(view))
    return next((found for at in places if (found := header(view[at:], position + at)) is not None), None)


def checked(found: Header, rows: memoryview) -> memoryview:
    """The rows behind a header, if they are those that were written; Damaged."""
    if not intact(found, rows):
        raise Damaged(f"{found.kind} at {found.position}, {found.rows} rows: not what was written")
    return rows


def intact(found: Header, rows: memoryview) -> bool:
    """Whether these are the rows that were written."""
    return len(rows) == found.length and zlib.crc32(rows) == found.checksum


def raw(batch: Batch) -> memoryview:
    """The bytes of a batch."""
    return memoryview(batch.tobytes())


class Meaning:
    """What a reader knows of the rows that come: the catalogue they are to be read with, and its generation."""

    def __init__(self) -> None:
        self.catalogue = Catalogue("", (), ())
        self.generation: int | None = None  # None when the catalogue could not be read

    def learn(self, found: Header, text: memoryview) -> None:
        self.catalogue, self.generation = understood(text), found.generation

    def forget(self) -> None:
        self.generation = None

    def doubt(self) -> None:
        """Something could not be read, perhaps a catalogue: generations tell, but older files have none."""
        self.generation = self.generation or None

    def batch(self, found: Header, rows: memoryview) -> Batch:
        """The batch whose bytes these are; Damaged when that cannot be told."""
        if not self.explains(found):
            raise Damaged(f"rows cannot be understood: their catalogue (number {found.generation}) could not be read")
        dtype = row_dtype(found.kind, self.catalogue.outputs)
        if found.rows * dtype.itemsize != found.length:
            raise Damaged(f"the rows of {found.kind} at {found.position} have another shape than their catalogue")
        return np.frombuffer(rows, dtype=dtype)

    def explains(self, found: Header) -> bool:
        return found.generation == self.generation


def file_header(stream: uuid.UUID, position: int) -> bytes:
    start = _FILE.pack(_FILE_MAGIC, _VERSION, 0, stream.bytes, position, 0)
    return _FILE.pack(_FILE_MAGIC, _VERSION, 0, stream.bytes, position, zlib.crc32(start))


def stream_of(data: bytes, position: int) -> uuid.UUID:
    """The journal a file belongs to; Damaged."""
    if len(data) < FILE_HEADER:
        raise Damaged(f"the file at {position} has no header")
    magic, version, _, stream, where, _ = _FILE.unpack_from(data)
    if (
        magic != _FILE_MAGIC
        or where != position
        or data[:FILE_HEADER] != file_header(uuid.UUID(bytes=stream), position)
    ):
        raise Damaged(f"the file at {position} has no sound header")
    if version != _VERSION:
        raise Damaged(f"the file at {position} is of version {version}; expected {_VERSION}")
    return uuid.UUID(bytes=stream)


def files(folder: Path) -> list[tuple[int, Path]]:
    """A journal's files and the positions they begin at, oldest first."""
    found = [(int(path.stem), path) for path in folder.glob("*.journal") if path.stem.isdecimal()]
    return sorted((start, path) for start, path in found if path == name_of(folder, start))


def name_of(folder: Path, position: int) -> Path:
    """The file that begins at `position`."""
    return folder / f"{position:020d}.journal"


def begins_at(data: bytes) -> int | None:
    """The position a file says it begins at; None when it says none, or no more than a catalogue was written."""
    if len(data) < FILE_HEADER:
        return None
    position: int = _FILE.unpack_from(data)[4]
    try:
        stream_of(data, position)
    except Damaged:
        return None
    begun = any(found.kind != "catalogue" and intact(found, rows) for found, rows in walked(data, position))
    return position if begun else None


def head_of(data: bytes, position: int) -> Header | None:
    """The first record of a file at `position`, when its head is whole: header, catalogue and numbers."""
    try:
        stream_of(data, position)
    except Damaged:
        return None
    first = list(islice(walked(data, position), 2))
    kinds = [found.kind for found, rows in first if intact(found, rows)]
    return first[0][0] if kinds == ["catalogue", "positions"] else None


def walked(data: bytes, start: int) -> Iterator[tuple[Header, memoryview]]:
    """The sound headers of a file that begins at `start`, and what lies behind each: `intact` or not."""
    view, position = memoryview(data), start + FILE_HEADER
    while (found := next_header(view[position - start :], position)) is not None:
        position = found.end
        yield found, view[found.position - start + RECORD_HEADER : position - start]
