"""Snapshots: images of an engine in files beside its journal, each named by the position it belongs to.

A file is a line that says what it is, then the image's sections, each with its length and checksum, then an empty one.
It is written by a thread under another name and gets its own once it is durable, so there is none that is not whole.
The journal's files behind the oldest that is kept stay as well: with them an engine goes on from it.
"""

import os
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from core.disk import sync_folder
from core.errors import one_line
from core.events import NEVER
from core.image import VERSION, Head, Image
from core.log import logger
from core.mark import NEEDED, Mark

_MAGIC = b"CANDELA SNAPSHOT\n"
_SECTION = struct.Struct("<II")  # length, checksum
_KEPT = 2  # one more than is needed, for it may be damaged


class Damaged(Exception):
    """What is not a whole snapshot of this version."""


class Snapshots:
    """`keep` an image: it is written in a thread, one at a time, and older ones are let go of."""

    def __init__(self, folder: Path, mark: Mark) -> None:
        self._folder, self._needed = folder, mark
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def keep(self, image: Image, durable: Callable[[], bool] = lambda: True) -> None:
        """`durable`: whether the journal is, up to the image's position."""
        self._thread = threading.Thread(target=self._keep, args=[image, durable], name="snapshot", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _keep(self, image: Image, durable: Callable[[], bool]) -> None:
        try:
            while not durable():
                threading.Event().wait(0.005)
            write(self._folder, image)
        except OSError as error:
            logger().error("snapshot_not_written", folder=str(self._folder), error=one_line(error))
            release(self._folder)  # or the journal would fill the disk
            return
        finally:
            image.let_go()
        there = snapshots(self._folder)
        for _, path in there[:-_KEPT]:
            path.unlink(missing_ok=True)
        self._needed.move(there[-_KEPT:][0][0], 0)


def snapshots(folder: Path) -> list[tuple[int, Path]]:
    """The positions and files of a journal's snapshots, oldest first."""
    return sorted((int(path.stem), path) for path in folder.glob("*.snapshot") if path.stem.isdecimal())


def write(folder: Path, image: Image) -> Path:
    """The image's file, durable."""
    path = folder / f"{image.head.position:020d}.snapshot"
    partial = path.with_suffix(".unfinished")
    with partial.open("wb") as file:
        file.write(_MAGIC)
        for section in image.sections():
            file.write(_SECTION.pack(len(section), zlib.crc32(section)))
            file.write(section)
        file.write(_SECTION.pack(0, 0))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(folder)
    return path


def read(path: Path) -> tuple[Head, Iterator[bytes]]:
    """What a snapshot says of itself, and its other sections; Damaged."""
    try:
        sections = list(_sections(path.read_bytes()))
        head = msgspec.msgpack.decode(sections[0], type=Head)
    except (OSError, IndexError, msgspec.MsgspecError, Damaged) as error:
        raise Damaged(f"{path.name} is damaged: {one_line(error)}") from None
    if head.version != VERSION:
        raise Damaged(f"{path.name} is of version {head.version}; expected {VERSION}")
    return head, iter(sections[1:])


def _sections(data: bytes) -> Iterator[bytes]:
    if not data.startswith(_MAGIC):
        raise Damaged("it does not begin as a snapshot does")
    at = len(_MAGIC)
    while len(data) >= at + _SECTION.size:
        length, checksum = _SECTION.unpack_from(data, at)
        at += _SECTION.size
        section = data[at : at + length]
        if not length:
            if checksum or at < len(data):
                raise Damaged(f"what lies at {at} is not what was written")
            return
        if len(section) < length or zlib.crc32(section) != checksum:
            raise Damaged(f"what lies at {at} is not what was written")
        yield section
        at += length
    raise Damaged("its end is lacking")


def release(folder: Path) -> None:
    """No file of a journal is needed for a restart any more."""
    mark = Mark.read(folder, NEEDED)
    if mark is not None:
        Mark.made(folder, mark.stream, mark.source, NEEDED).move(NEVER, 0)
