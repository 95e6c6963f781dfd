"""Likeness: what was recorded beside what is made again, row by row and to the last bit."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from core.events import TIMEFRAME_NAMES, Batch

_NAMED = ("symbol", "timeframe", "ts_event")


@dataclass
class Likeness:
    """Of one kind of rows: how many were recorded and made, a hash of all of either, how many differ, the first that
    does in words."""

    recorded: int = 0
    again: int = 0
    differ: int = 0
    first: str = ""
    _hashes: tuple[Any, Any] = field(default_factory=lambda: (hashlib.sha256(), hashlib.sha256()))  # Any: of hashlib

    @property
    def hashes(self) -> tuple[str, str]:
        ours, theirs = self._hashes
        return ours.hexdigest(), theirs.hexdigest()

    @property
    def same(self) -> bool:
        return not self.differ

    def add(self, recorded: Sequence[Batch], again: Sequence[Batch], names: Sequence[str], where: str) -> None:
        """Rows that should be the same; `names` are those of symbols, `where` is the place in words."""
        ours, theirs = (b"".join(batch.tobytes() for batch in each) for each in (recorded, again))
        rows = sum(map(len, recorded)), sum(map(len, again))
        self.recorded += rows[0]
        self.again += rows[1]
        for digest, data in zip(self._hashes, (ours, theirs), strict=True):
            digest.update(data)
        if ours == theirs:
            return
        dtype = next(batch.dtype for batch in (*recorded, *again))
        mine, other = (np.frombuffer(data, dtype=dtype) for data in (ours, theirs))
        wrong = _wrong(mine, other)
        self.differ += len(wrong) + abs(rows[0] - rows[1])
        if not self.first:
            self.first = f"{where}: {_sentence(mine, other, wrong, names)}"


def _wrong(mine: Batch, other: Batch) -> list[int]:
    """The places at which two batches of one kind differ, of those that both have."""
    both, width = min(len(mine), len(other)), mine.dtype.itemsize
    one, two = (np.frombuffer(each[:both].tobytes(), dtype=np.uint8).reshape(both, width) for each in (mine, other))
    found: list[int] = np.flatnonzero((one != two).any(axis=1)).tolist()
    return found


def _sentence(mine: Batch, other: Batch, wrong: list[int], names: Sequence[str]) -> str:
    if wrong:
        one, two = mine[wrong[0]], other[wrong[0]]
        return f"{described(one, names)}: " + "; ".join(_fields(one, two))
    more, fewer = (mine, other) if len(mine) > len(other) else (other, mine)
    who = "is in the journal and was not made again" if more is mine else "was made again and is not in the journal"
    return f"{described(more[len(fewer)], names)} {who}"


def _fields(one: np.void, two: np.void) -> Iterable[str]:
    for name in one.dtype.names or ():
        if one[name].tobytes() != two[name].tobytes():
            yield f"{name} was {one[name].item()!r} and is {two[name].item()!r} when made again"


def described(row: np.void, names: Sequence[str]) -> str:
    """Which row this is: its symbol, timeframe and moment."""
    there = row.dtype.names or ()
    symbol, frame, moment = (row[name].item() if name in there else None for name in _NAMED)
    name = names[symbol] if symbol is not None and 0 <= symbol < len(names) else f"symbol {symbol}"
    said = f" {TIMEFRAME_NAMES[frame]}" if frame is not None and 0 <= frame < len(TIMEFRAME_NAMES) else ""
    return f"{name}{said} at {moment_of(moment or 0)}"


def moment_of(nanoseconds: int) -> str:
    """A moment in words, to the nanosecond."""
    return f"{datetime.fromtimestamp(nanoseconds // 10**9, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds % 10**9:09d}Z"
