"""Recordings: a venue's frames exactly as they came, written, and read again.

A text file, gzip or not. Its first line may say whose frames they are: `# {"venue":"alpaca","channels":["trades"]}`;
without it they are Binance's. Then a frame a line: our receive time in nanoseconds, a space, the frame. One that is no
line of JSON (MessagePack is not) is written as `=` and its base64.
"""

import asyncio
import base64
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from core.errors import BadInput, CandelaError, nearest
from core.events import Symbols
from core.ports import Decoded, Venue
from feeds import VENUES

_EVERY_S = 0.5  # between two writes
_MOST = 256 << 20  # bytes that may wait for the disk


@dataclass(frozen=True, slots=True)
class Head:
    """Whose frames a recording holds, and of which channels, if it says so."""

    venue: Venue
    channels: tuple[str, ...] = ()


def head(path: Path) -> Head:
    """What the first line says; BadInput."""
    _, first = next(_whole(path), (0, b""))
    if not first.startswith(b"#"):
        return Head(VENUES["binance"])
    try:
        told: dict[str, Any] = msgspec.json.decode(first[1:], type=dict[str, Any])  # Any: JSON
        venue, channels = str(told["venue"]), tuple(map(str, told.get("channels", ())))
    except (msgspec.DecodeError, KeyError, TypeError):
        raise BadInput(f'{path}: expected a first line such as # {{"venue":"alpaca"}}, found {first[:60]!r}') from None
    if venue not in VENUES:
        raise BadInput(f"{path}: expected frames of {', '.join(VENUES)}, found {venue!r}{nearest(venue, VENUES)}")
    return Head(VENUES[venue], channels)


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """(receive time, frame) of every line of a recording; BadInput, also when it is damaged or ends in the middle."""
    for number, line in _whole(path):
        if number > 1 or not line.startswith(b"#"):
            yield _parted(path, number, line)


def _whole(path: Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path, "rb") if zipped else path.open("rb") as text:
            for number, line in enumerate(text, 1):
                yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadInput(f"{path} ends in the middle or is damaged after line {number}: {error}") from None


def _parted(path: Path, number: int, line: bytes) -> tuple[int, bytes]:
    stamp, _, frame = line.partition(b" ")
    if stamp.isdigit() and frame:
        with suppress(ValueError):
            frame = frame.rstrip(b"\r\n")
            return int(stamp), base64.b64decode(frame[1:], validate=True) if frame.startswith(b"=") else frame
    raise BadInput(
        f"{path}, line {number}: expected a receive time in nanoseconds, a space and a frame, "
        f"found {line[:60].decode(errors='replace')!r}"
    )


class Recorder:
    """Frames into a new file; `put` never waits. Written twice a second, each time as a whole member of gzip: whatever
    kills the process, the file can be read, and lacks a second at most.
    """

    def __init__(self, path: Path, channels: Sequence[str]) -> None:
        self.frames = 0
        self.written = 0  # frames
        self.bytes = 0  # of the file
        self._path, self._channels = path, tuple(channels)
        self._waiting: list[bytes] = []
        self._size = 0
        self._closing = asyncio.Event()

    def hearing(self, venue: Venue) -> Venue:
        """The same venue, whose frames are put here as they are decoded; BadInput when there can be no such file."""
        if self._path.is_file():
            raise BadInput(f"{self._path} is there already: choose another name, or remove it")
        try:
            self._file = self._path.open("wb", buffering=0)
        except OSError as error:
            raise BadInput(f"cannot write to {self._path}: {error.strerror}") from None
        told = json.dumps({"venue": venue.name, "channels": self._channels}, separators=(",", ":"))
        self._waiting.append(f"# {told}\n".encode())

        def decode(frame: bytes, symbols: Symbols, ts_recv: int) -> Decoded:
            self.put(ts_recv, frame)
            return venue.decode(frame, symbols, ts_recv)

        return replace(venue, decode=decode)

    def put(self, ts_recv: int, frame: bytes) -> None:
        plain = frame[:1] in (b"{", b"[") and b"\n" not in frame and b"\r" not in frame
        self._waiting.append(b"%d %s\n" % (ts_recv, frame if plain else b"=" + base64.b64encode(frame)))
        self.frames += 1
        self._size += len(frame)

    def close(self) -> None:
        self._closing.set()

    async def run(self) -> None:
        """Write until closed, to the last frame put before; CandelaError when that cannot be done."""
        with self._file:
            closing = False
            while not closing:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), _EVERY_S)
                closing = self._closing.is_set()
                if self._size > _MOST:
                    raise CandelaError(
                        f"{self._path}: the disk is too slow, {self._size:,} bytes wait for it; {self._kept}"
                    )
                part, self._waiting, self._size, frames = self._waiting, [], 0, self.frames
                await asyncio.to_thread(self._write, part)
                self.written = frames

    def _write(self, part: list[bytes]) -> None:
        if not part:
            return
        rest = memoryview(gzip.compress(b"".join(part)))
        size = self.bytes + len(rest)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(self.bytes)  # half a member could not be read
            raise CandelaError(f"cannot write to {self._path}: {error.strerror}; {self._kept}") from None
        self.bytes = size

    @property
    def _kept(self) -> str:
        return f"{self.written:,} of {self.frames:,} frames are in it: make room, and record into another file"
