"""Recordings, read: a venue's frames exactly as they came, and whose they are.

A text file, gzip or not. Its first line may say whose frames they are: `# {"venue":"alpaca","channels":["trades"]}`;
without it that is seen by what they are. Then a frame a line: our receive time in nanoseconds, a space, the frame; one
that is no line of JSON (MessagePack is not) is written as `=` and its base64. Dumps of cryptofeed are read too.
"""

import base64
import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from core.errors import BadFrame, BadInput, nearest
from core.events import SECOND, Symbols
from core.ports import Venue
from feeds import VENUES

Stamped = tuple[int, bytes]  # receive time in nanoseconds, frame

_LOOKED_AT = 1_000  # frames that may be damaged at the beginning of a file
_DUMPED = re.compile(rb"(\d{1,10})\.(\d{1,9}): (.+)")
_BESIDE = re.compile(rb"(?:configuration: |wss?://\S+ <->? |https?://\S+ -> ).*")


@dataclass(frozen=True, slots=True)
class Head:
    """Whose frames a recording holds, and of which channels, if it says so."""

    venue: Venue
    channels: tuple[str, ...] = ()


def head(path: Path) -> Head:
    """What the first line says, or what the frames are; BadInput."""
    _, first = next(_whole(path), (0, b""))
    if not first.startswith(b"#"):
        return Head(venue_of(path, (frame for _, frame in lines(path))))
    try:
        told: dict[str, Any] = msgspec.json.decode(first[1:], type=dict[str, Any])  # Any: JSON
        venue, channels = str(told["venue"]), tuple(map(str, told.get("channels", ())))
    except (msgspec.DecodeError, KeyError, TypeError):
        raise BadInput(f'{path}: expected a first line such as # {{"venue":"alpaca"}}, found {first[:60]!r}') from None
    if venue not in VENUES:
        raise BadInput(f"{path}: expected frames of {', '.join(VENUES)}, found {venue!r}{nearest(venue, VENUES)}")
    return Head(VENUES[venue], channels)


def lines(path: Path) -> Iterator[Stamped]:
    """(receive time, frame) of every line of a recording; BadInput, also when it is damaged or ends in the middle."""
    read = None
    for number, line in _whole(path):
        if number == 1 and line.startswith(b"#"):
            continue
        read = read or reader(line)
        try:
            stamped = read(line)
        except ValueError as error:
            found = line[:60].decode(errors="replace")
            raise BadInput(f"{path}, line {number}: {error}, found {found!r}") from None
        if stamped is not None:
            yield stamped


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


def reader(line: bytes) -> Callable[[bytes], Stamped | None]:
    """What reads the lines of a file that begins with this one: ours, or a dump of cryptofeed's.

    It gives None for a line that is no received frame, and raises ValueError, in words, for one not of its kind.
    """
    return _dumped if _DUMPED.match(line) or _BESIDE.match(line) else _ours


def _ours(line: bytes) -> Stamped:
    stamp, _, frame = line.partition(b" ")
    frame = frame.rstrip(b"\r\n")
    try:
        if stamp.isdigit() and frame:
            return int(stamp), base64.b64decode(frame[1:], validate=True) if frame.startswith(b"=") else frame
    except ValueError:  # no base64
        pass
    raise ValueError("expected a receive time in nanoseconds, a space and a frame")


def _dumped(line: bytes) -> Stamped | None:
    """Beside the frames it notes what it sent (`<-`), connections (`<->`), answers to requests (`->`), settings."""
    line = line.rstrip(b"\r\n")
    if not line or _BESIDE.fullmatch(line):
        return None
    found = _DUMPED.fullmatch(line)
    if found is None:
        raise ValueError("expected a receive time in seconds, a colon and a frame, or an address and an arrow")
    seconds, fraction, frame = found.groups()
    return int(seconds) * SECOND + int(fraction.ljust(9, b"0")), frame


def venue_of(path: Path, frames: Iterable[bytes]) -> Venue:
    """The venue that understands the first of these frames that any does; BadInput when that is none, or several."""
    first = b""
    for frame in islice(frames, _LOOKED_AT):
        first = first or frame
        fitting = [venue for venue in VENUES.values() if _understands(venue, frame)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            names = " or ".join(venue.name for venue in fitting)
            raise BadInput(f"{path}: expected frames of one venue, found one that may be {names}: {frame[:60]!r}")
    if not first:
        raise BadInput(f"expected a recorded session, found an empty file {path}")
    raise BadInput(
        f"{path}: expected frames of {', '.join(VENUES)}, found none among the first {_LOOKED_AT:,}; "
        f"they begin with {first[:60]!r}"
    )


def _understands(venue: Venue, frame: bytes) -> bool:
    try:
        venue.decode(frame, Symbols(grows=True), 1)
    except BadFrame:
        return False
    return True
