"""Recordings, written: a live feed's frames into a file, exactly as they came; `feeds/recording.py` reads them."""

import asyncio
import base64
import gzip
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.errors import BadInput, CandelaError
from core.events import Symbols
from core.ports import Decoded, Venue

_EVERY_S = 0.5  # between two writes
_MOST = 256 << 20  # bytes that may wait for the disk


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
        """The same venue, whose frames are put here as they are decoded, all of them on the checked path; BadInput when
        there can be no such file."""
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

        return replace(venue, decode=decode, scanner="")

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
