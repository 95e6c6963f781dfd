"""Recorded frames: how a line says when it came, and whose frames a file holds."""

import re
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from core.errors import BadFrame, BadInput
from core.events import SECOND, Symbols
from core.ports import Venue
from feeds import VENUES

Stamped = tuple[int, bytes]  # receive time in nanoseconds, frame

_LOOKED_AT = 1_000  # frames that may be damaged at the beginning of a file
_DUMPED = re.compile(rb"(\d{1,10})\.(\d{1,9}): (.+)")
_BESIDE = re.compile(rb"(?:configuration: |wss?://\S+ <->? |https?://\S+ -> ).*")


def reader(line: bytes) -> Callable[[bytes], Stamped | None]:
    """What reads the lines of a file that begins with this one: ours, or a dump of cryptofeed's.

    It gives None for a line that is no received frame, and raises ValueError, in words, for one not of its kind.
    """
    return _dumped if _DUMPED.match(line) or _BESIDE.match(line) else _ours


def _ours(line: bytes) -> Stamped:
    stamp, _, frame = line.partition(b" ")
    if not stamp.isdigit() or not frame:
        raise ValueError("expected a receive time in nanoseconds, a space and a frame")
    return int(stamp), frame.rstrip(b"\r\n")


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
