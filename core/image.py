"""An image: all that an engine knows, taken between two calls and put into another engine of the same kernel.

Taking one copies a bank's memory and notes what never changes: checkpoints, and pieces of the tapes, which are only
added to: 2 ms with 50 symbols and 120,000 trades on the tapes, 10 with 500 and 480,000, most of it for fresh memory.
What is dearer, gathering the rows, is done by whoever writes its `sections`, in another thread.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from core.bars import FORMING
from core.engine import Engine
from core.events import AMENDMENT, TRADE, Batch
from core.reel import Reel, Tapes
from core.remaking import Checkpoint
from core.tape import Lent

VERSION = 1
_PART = 8192  # rows of a tape in a section


class Head(msgspec.Struct):
    """What an image says of itself, and all that is not of one symbol or on a tape."""

    version: int
    stream: bytes  # the journal's
    position: int  # up to where it has all in it
    total: int
    kernel: str
    symbols: list[str]
    now: int
    born: int
    lane: bytes
    last: dict[str, dict[str, int]]
    missed: int
    revises: bool
    disordered: list[tuple[int, int]] = []
    wanting: list[tuple[int, int, int]] = []
    next: bytes = b""
    looked: int = 0
    due: list[int] = []
    crowded: bool = False
    begins: list[list[int]] = []  # of each tape, the places of its symbols' first rows


class Wound(msgspec.Struct):
    """One symbol's reel."""

    checkpoints: list[tuple[int, int, tuple[int, int, int], bytes, bytes, bytes, bytes]]
    missing: list[tuple[int, int, int | None]]
    filled: list[tuple[int, int, int]]
    told: list[bytes]
    amendments: bytes
    gone: list[tuple[int, int]]


class Section(msgspec.Struct):
    """A part of an image: bytes of a bank's array, a reel, or rows of a tape."""

    what: str
    of: int = 0
    data: bytes = b""
    reel: Wound | None = None


@dataclass(frozen=True, eq=False)
class Image:
    head: Head
    arrays: dict[str, Batch]
    reels: Sequence[Reel]
    tapes: Sequence[Lent]

    def sections(self) -> Iterator[bytes]:
        """All of it, a part at a time."""
        encode = msgspec.msgpack.encode
        yield encode(self.head)
        for name, records in self.arrays.items():
            yield encode(Section(name, data=records.tobytes()))
        for symbol, reel in enumerate(self.reels):
            yield encode(Section("reel", symbol, reel=_wound(reel)))
        for index, tape in enumerate(self.tapes):
            for rows in tape.rows(_PART):
                yield encode(Section("tape", index, rows.tobytes()))

    def let_go(self) -> None:
        """It is written: the tapes may use their memory again."""
        for tape in self.tapes:
            tape.back()


def taken(engine: Engine, stream: bytes, position: int, total: int) -> Image:
    """What an engine knows now; let go of it when it is written."""
    bank, known, revision = engine.bank, len(engine.symbols), engine.revision
    head = Head(
        VERSION, stream, position, total, bank.name, list(engine.symbols.names[:known]), 0, int(bank.book["born"][0]),
        bank.lane.tobytes(), {name: dict(last) for name, last in engine.last.items()}, engine.missed,
        revision is not None,
    )  # fmt: skip
    arrays = {
        "state": _plain(bank.state)[:, :known].copy(), "latest": _plain(bank.latest)[:, :known].copy(),
        "ticks": _plain(bank.ticks)[:known].copy(), "forming": _plain(bank.forming)[:known].copy(),
    }  # fmt: skip
    if revision is None:
        return Image(head, arrays, (), ())
    winding = revision.winding
    winding.wind()
    head.now, head.disordered = revision.now, list(revision.unordered.items())
    head.wanting = [(symbol, until, place) for symbol, (until, place) in revision.wanting.items()]
    head.next, head.looked, head.due, head.crowded = winding.next.tobytes(), *winding.looked
    lent = [tape.lent() for tape in winding.tapes]
    head.begins = [each.begin for each in lent]
    return Image(head, arrays, [reel.noted() for reel in winding.reels], lent)


def _plain(records: Batch) -> Batch:
    """The same memory without fields, which numpy would copy one by one: 1.2 ms for 1.5 MB of states instead of 0.1."""
    return records.view(np.dtype((np.void, records.dtype.itemsize)))


def _wound(reel: Reel) -> Wound:
    def told(each: Checkpoint) -> tuple[int, int, tuple[int, int, int], bytes, bytes, bytes, bytes]:
        state, latest, forming, tick = (part.tobytes() for part in (each.state, each.latest, each.forming, each.tick))
        return each.at, each.newest, each.places, state, latest, forming, tick

    return Wound(
        [told(each) for each in reel.checkpoints],
        [(start, end, why) for (start, end), why in reel.missing.items()],
        [(start, end, rows) for (start, end), rows in reel.filled.items()],
        [rows.tobytes() for rows in reel.told],
        reel.amendments.tobytes(),
        list(reel.gone.items()),
    )


def put(engine: Engine, head: Head, sections: Iterator[bytes]) -> None:
    """Have an engine that has seen nothing know what an image does, of the same kernel and the same first symbols."""
    bank, known = engine.bank, len(head.symbols)
    parts = [msgspec.msgpack.decode(section, type=Section) for section in sections]
    arrays = {part.what: part.data for part in parts if part.what not in {"reel", "tape"}}
    lanes = len(bank.lane)
    bank.state[:, :known] = np.frombuffer(arrays["state"], dtype=bank.state.dtype).reshape(lanes, known)
    bank.latest[:, :known] = np.frombuffer(arrays["latest"], dtype=bank.dtype).reshape(lanes, known)
    bank.ticks[:known] = np.frombuffer(arrays["ticks"], dtype=bank.ticks.dtype)
    bank.forming[:known] = np.frombuffer(arrays["forming"], dtype=FORMING).reshape(known, lanes)
    bank.lane[:] = np.frombuffer(head.lane, dtype=bank.lane.dtype)
    bank.book["born"] = head.born
    engine.last, engine.missed = dict(head.last), head.missed
    engine.anew()
    if engine.revision is None or not head.revises:
        return
    revision = engine.revision
    revision.now, revision.unordered = head.now, dict(head.disordered)
    revision.wanting = {symbol: (until, place) for symbol, until, place in head.wanting}
    winding = revision.winding
    winding.next[:known] = np.frombuffer(head.next, dtype=np.int64)
    winding.looked = head.looked, head.due, head.crowded
    for part in parts:
        if part.reel is not None:
            _unwound(winding.reels[part.of], part.reel, engine)
        elif part.what == "tape":
            _add(winding.tapes, part)
    for tape, begin in zip(winding.tapes, head.begins, strict=True):
        tape.begin_at(begin)


def _add(tapes: Tapes, part: Section) -> None:
    tape = tapes[part.of]
    tape.add(np.frombuffer(part.data, dtype=tape.dtype))


def _unwound(reel: Reel, wound: Wound, engine: Engine) -> None:
    bank = engine.bank
    by_lane, by_symbol = (len(bank.lane), 1), (1, len(bank.lane))

    def rows(data: bytes, dtype: np.dtype[np.void], shape: tuple[int, ...]) -> Batch:
        return np.frombuffer(data, dtype=dtype).reshape(shape)

    def checkpoint(at: int, newest: int, places: tuple[int, int, int], *parts: bytes) -> Checkpoint:
        state, latest, forming, tick = parts
        records = rows(state, bank.state.dtype, by_lane), rows(latest, bank.dtype, by_lane)
        return Checkpoint(
            at, newest, places, *records, rows(forming, FORMING, by_symbol), rows(tick, bank.ticks.dtype, (1,))
        )

    reel.checkpoints = [checkpoint(*each) for each in wound.checkpoints]
    reel.missing = {(start, end): why for start, end, why in wound.missing}
    reel.filled = {(start, end): rows for start, end, rows in wound.filled}
    reel.told = [np.frombuffer(rows, dtype=TRADE) for rows in wound.told]
    reel.amendments = np.frombuffer(wound.amendments, dtype=AMENDMENT)
    reel.gone = dict(wound.gone)


__all__ = ["VERSION", "Head", "Image", "put", "taken"]
