"""A session as the local exchange plays it: moment after moment, from a simulation or from a file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from core.errors import BadFrame, BadInput
from core.events import Batch, Symbols
from feeds.recording import head, lines
from feeds.replay import session
from feeds.stats import FeedStats

_MS = 1_000_000


class Verbatim(NamedTuple):
    """A recorded frame, and whose it is."""

    venue: str
    frame: bytes


@dataclass(frozen=True, slots=True)
class Played:
    """One moment of a session: its rows, and the recorded frame they came from, if any."""

    ts: int
    batches: tuple[Batch, ...]
    raw: Verbatim | None = None


def recorded(path: Path, symbols: Symbols) -> Iterator[Played]:
    """A recorded file as a session: venue frames as they were, CSV and Parquet as rows."""
    if path.name.removesuffix(".gz").endswith((".csv", ".parquet")):
        return ((Played(int(batch["ts_recv"][0]), (batch,))) for batch in session(path, symbols, FeedStats()))
    if not path.is_file():
        raise BadInput(f"expected a recorded session, found no file {path}")
    return _recorded_frames(path, symbols)


def _recorded_frames(path: Path, symbols: Symbols) -> Iterator[Played]:
    venue = head(path).venue
    for ts_recv, frame in lines(path):
        try:
            batches = tuple(venue.decode(frame, symbols, ts_recv).batches)
        except BadFrame:
            batches = ()
        yield Played(ts_recv, batches, Verbatim(venue.name, frame))


def brings_bars(path: Path) -> bool:
    """Whether a recorded file holds its venue's own bars: they need not be made."""
    return not path.name.removesuffix(".gz").endswith((".csv", ".parquet")) and "bars" in head(path).channels


def played(batches: Iterable[Batch]) -> Iterator[Played]:
    """A simulated session, its neighbours of one millisecond together."""
    held: list[Batch] = []
    for batch in batches:
        if held and batch["ts_event"][0] // _MS != held[0]["ts_event"][0] // _MS:
            yield Played(int(held[0]["ts_event"][0]), tuple(held))
            held = []
        held.append(batch)
    if held:
        yield Played(int(held[0]["ts_event"][0]), tuple(held))
