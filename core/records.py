"""Records: how batches lie in a journal's files, so that what is torn or flipped is seen and what is sound is kept.

A journal is one endless row of bytes, cut into files named by the position of their first byte. Each file begins with
a header, then the catalogue its rows are to be read with and the last numbers given before it: a file explains itself.
A record is a header and the raw rows of one batch; two checksums tell a damaged header from damaged rows.
"""

import json
import struct
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np

from core.events import BAR, QUOTE, SIGNAL, TRADE, Batch, value_dtype
from core.ports import Catalogue, Described

KINDS = ("", "catalogue", "positions", "trades", "quotes", "bars", "values", "signals")
ROWS = {"trades": TRADE, "quotes": QUOTE, "bars": BAR, "signals": SIGNAL}

_FILE = struct.Struct("<8sII16sQI20x")  # magic, version, zero, stream, position, checksum: 64 bytes
_RECORD = struct.Struct("<IHHIIIIQQ")  # magic, kind, zero, rows, length, checksums of rows and header, position, total
_CHECKED = struct.Struct("<IHHIIIQQ")  # the same without the header's own checksum
_FILE_MAGIC, _MAGIC, _VERSION = b"CANDELA\n", 0x1C0DE1A5, 1
FILE_HEADER, RECORD_HEADER = _FILE.size, _RECORD.size
_NOTHING = bytes(_RECORD.size)  # files are made larger than what is in them


class Damaged(Exception):
    """A record that is not what was written; `end` is where the next one begins, if that can still be told."""

    def __init__(self, sentence: str, end: int | None = None) -> None:
        super().__init__(sentence)
        self.end = end


@dataclass(frozen=True, slots=True)
class Header:
    """What a record says of itself; `total` counts the rows of the whole stream before it."""

    kind: str
    rows: int
    length: int
    checksum: int
    position: int
    total: int

    @property
    def end(self) -> int:
        return self.position + RECORD_HEADER + self.length


def packed(what: str, rows: int, payload: bytes | memoryview, position: int, total: int) -> bytes:
    """The header of a record at `position`."""
    given = (KINDS.index(what), 0, rows, len(payload), zlib.crc32(payload))
    checksum = zlib.crc32(_CHECKED.pack(_MAGIC, *given, position, total))
    return _RECORD.pack(_MAGIC, *given, checksum, position, total)


def header(data: bytes | memoryview, position: int) -> Header | None:
    """The header that begins `data`, which lies at `position`; None where nothing was written yet; Damaged."""
    magic, code, zero, rows, length, checksum, own, where, total = _RECORD.unpack_from(data)
    if data[:RECORD_HEADER] == _NOTHING:
        return None
    sound = own == zlib.crc32(_CHECKED.pack(magic, code, zero, rows, length, checksum, where, total))
    if not sound or magic != _MAGIC or where != position or not 0 < code < len(KINDS):
        raise Damaged(f"the record at {position} has no sound header")
    return Header(KINDS[code], rows, length, checksum, position, total)


def payload(data: bytes | memoryview, found: Header, offset: int = 0) -> memoryview:
    """The rows behind a header at `offset` of `data`; Damaged."""
    rows = memoryview(data)[offset + RECORD_HEADER : offset + RECORD_HEADER + found.length]
    if len(rows) < found.length or zlib.crc32(rows) != found.checksum:
        raise Damaged(
            f"the {found.rows} rows of {found.kind} at {found.position} are not those that were written", found.end
        )
    return rows


def raw(batch: Batch) -> memoryview:
    """The bytes of a batch."""
    return memoryview(batch.tobytes())


def batch_of(found: Header, rows: memoryview, catalogue: Catalogue) -> Batch:
    """The batch whose bytes these are."""
    dtype = ROWS.get(found.kind) or _values(catalogue.outputs)
    if found.rows * dtype.itemsize != found.length:
        raise Damaged(
            f"the rows of {found.kind} at {found.position} have another shape than their catalogue", found.end
        )
    return np.frombuffer(rows, dtype=dtype)


@lru_cache
def _values(outputs: tuple[str, ...]) -> np.dtype[np.void]:
    return value_dtype(outputs)


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
    found = [path for path in folder.glob("*.journal") if path.stem.isdigit()]
    return sorted((int(path.stem), path) for path in found)


def name_of(folder: Path, position: int) -> Path:
    """The file that begins at `position`."""
    return folder / f"{position:020d}.journal"


def begins_at(data: bytes) -> int | None:
    """The position a file says it begins at, when its head is whole: header, catalogue and numbers."""
    if len(data) < FILE_HEADER:
        return None
    position: int = _FILE.unpack_from(data)[4]
    try:
        stream_of(data, position)
    except Damaged:
        return None
    heads = islice(walked(memoryview(data)[FILE_HEADER:], position + FILE_HEADER), 2)
    kinds = [each.kind for each in heads if isinstance(each, Header)]
    return position if kinds == ["catalogue", "positions"] else None


def told(catalogue: Catalogue) -> bytes:
    """A catalogue as JSON, in whole words of eight bytes: rows stay aligned."""
    text = json.dumps(asdict(catalogue)).encode()
    return text + b" " * (-len(text) % 8)


def understood(text: memoryview) -> Catalogue:
    """The catalogue `told` gave."""
    plain = json.loads(bytes(text))
    described = {
        name: tuple(
            Described(each["name"], each["call"], tuple(each["outputs"]), each["about"]) for each in plain[name]
        )
        for name in ("indicators", "strategies")
    }
    return Catalogue(plain["source"], tuple(plain["symbols"]), tuple(plain["timeframes"]), **described)


def walked(data: bytes | memoryview, start: int) -> Iterator[Header | Damaged]:
    """The headers in `data`, which lies at `start`; what is damaged is told and passed over, if it can be."""
    offset = 0
    while offset + RECORD_HEADER <= len(data):
        try:
            found = header(memoryview(data)[offset:], start + offset)
            if found is None:
                return
            payload(data, found, offset)
            yield found
            offset = found.end - start
        except Damaged as error:
            yield error
            if error.end is None or error.end - start > len(data):
                return
            offset = error.end - start
