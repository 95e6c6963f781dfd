"""Marks: up to where a journal is durable, up to where stored, and from where on it is needed for a restart, in files
that both sides have in memory."""

import mmap
import os
import uuid
from pathlib import Path
from typing import Self

DURABLE, STORED, NEEDED = "mark", "stored", "needed"  # the files
_MAGIC = int.from_bytes(b"CNDMARK1", "little")
_WORDS = 14  # magic, position, total, stream (2), length of the source's name, the name (8)
_POSITION, _TOTAL, _STREAM, _LENGTH, _NAME = 1, 2, 3, 5, 6


class Mark:
    """Words of eight bytes, each written at once: a reader sees a position or the one before, never a mixture."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        file = os.open(path, (os.O_RDWR | os.O_CREAT) if writable else os.O_RDONLY, 0o600)
        try:
            if writable and os.fstat(file).st_size != 8 * _WORDS:
                os.truncate(file, 8 * _WORDS)
            access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
            self._map = mmap.mmap(file, 8 * _WORDS, access=access)
        finally:
            os.close(file)
        self._words = memoryview(self._map).cast("Q")

    @classmethod
    def made(cls, folder: Path, stream: uuid.UUID, source: str, name: str = DURABLE) -> Self:
        """The mark of a writer that begins."""
        mark = cls(folder / name, writable=True)
        if mark.stream != stream:
            mark.move(0, 0)
        text = source.encode()[: 8 * (_WORDS - _NAME)]
        for index in range(_WORDS - _NAME):
            mark._words[_NAME + index] = int.from_bytes(text[8 * index : 8 * index + 8], "little")
        mark._words[_LENGTH] = len(text)
        mark._words[_STREAM], mark._words[_STREAM + 1] = stream.int & (1 << 64) - 1, stream.int >> 64
        mark._words[0] = _MAGIC
        return mark

    @classmethod
    def read(cls, folder: Path, name: str = DURABLE) -> Self | None:
        """A mark of a journal; None when there is none yet."""
        try:
            mark = cls(folder / name, writable=False)
        except (OSError, ValueError):
            return None
        return mark if mark._words[0] == _MAGIC else None

    def move(self, position: int, total: int) -> None:
        self._words[_TOTAL] = total
        self._words[_POSITION] = position

    @property
    def position(self) -> int:
        return self._words[_POSITION]

    @property
    def total(self) -> int:
        return self._words[_TOTAL]

    @property
    def stream(self) -> uuid.UUID:
        return uuid.UUID(int=self._words[_STREAM] | self._words[_STREAM + 1] << 64)

    @property
    def source(self) -> str:
        name = b"".join(word.to_bytes(8, "little") for word in self._words[_NAME:])
        return name[: self._words[_LENGTH]].decode(errors="replace")
