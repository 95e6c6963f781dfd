"""The disk, as the journal needs it: files made beforehand, whole writes, names that outlive a loss of power."""

import itertools
import os
import shutil
from collections import deque
from pathlib import Path

_MOST_BUFFERS = 1024  # of one write: Linux's limit


class Spares:
    """One file ahead, under a name that readers of the journal do not look for.

    To make one of 64 MB takes 1 ms of the processor and, while the disk is busy, has taken 38: too long for a loop.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size = folder, size
        self._ready = deque[tuple[Path, int]]()
        self._numbers = itertools.count()

    def make(self) -> None:
        """Have one ready; OSError when the disk has no room."""
        if not self._ready:
            path, file = self._made()
            os.fsync(file)  # or the first fdatasync pays for it
            self._ready.append((path, file))

    def take(self) -> tuple[Path, int]:
        """An empty file and its descriptor: the one that is ready, or one made now."""
        try:
            return self._ready.popleft()
        except IndexError:
            return self._made()

    def close(self) -> None:
        """Remove what was not taken."""
        while self._ready:
            discard(*self._ready.popleft())

    def _made(self) -> tuple[Path, int]:
        path = self._folder / f"{next(self._numbers)}.partial"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(file, 0, self._size)
        except OSError:
            discard(path, file)
            raise
        return path, file


def discard(path: Path, file: int) -> None:
    os.close(file)
    path.unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Give a file a second name, under which it stays when the first is deleted."""
    aside = path.with_name(f"{path.name}.damaged")
    if aside.exists() and not aside.samefile(path):
        aside = path.with_name(f"{path.name}.{path.stat().st_ino}.damaged")
    if not aside.exists():
        try:
            os.link(path, aside)
        except OSError:  # a file system where a file has one name
            shutil.copyfile(path, aside)
    return aside


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def write(file: int, buffers: list[bytes | memoryview], offset: int) -> int:
    """Write all of it there; how many bytes it was."""
    size = sum(len(buffer) for buffer in buffers)
    if len(buffers) > _MOST_BUFFERS:
        buffers = [b"".join(buffers)]
    done = os.pwritev(file, buffers, offset)
    if done < size:  # rare: a signal, or the disk is nearly full
        rest = memoryview(b"".join(buffers))
        while done < size:
            done += os.pwrite(file, rest[done:], offset + done)
    return size
