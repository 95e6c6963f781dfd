"""Journals written and read back whole, for their tests."""

from pathlib import Path

from core.events import Batch, kind
from core.mark import Mark
from core.tail import Chunk, Tail
from tests.core.made import EVERY, begun, ended, filled, put


def chunks(folder: Path, most: int = 1 << 16) -> list[Chunk]:
    """All of a journal, up to its mark, as a store reads it."""
    mark = Mark.read(folder)
    assert mark is not None
    tail = Tail(folder, mark)
    tail.seek(0)
    found = []
    while (chunk := tail.read(most)) is not None:
        found.append(chunk)
    tail.close()
    return found


def read(folder: Path) -> list[Batch]:
    """Every batch of a journal, up to its mark."""
    return [batch for chunk in chunks(folder) for batch in chunk.batches]


def written(folder: Path, count: int = 40, file_bytes: int = 1 << 20) -> list[Batch]:
    """A closed journal of `count` batches of every kind in turn."""
    batches = [filled(EVERY[i % len(EVERY)], 7 + i % 5, seed=i, first=1 + 5 * i) for i in range(count)]
    journal = begun(folder, file_bytes=file_bytes)
    for batch in batches:
        put(journal, batch)
    ended(journal)
    return batches


def equal(found: list[Batch], expected: list[Batch]) -> bool:
    return [(kind(batch), batch.tobytes()) for batch in found] == [(kind(batch), batch.tobytes()) for batch in expected]
