"""Spill: a file's trades set aside on disk, found again by symbol and day, so that memory is a day of one symbol."""

import tempfile
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from core.errors import Unavailable, one_line
from core.events import TRADE, Batch, joined
from services.backfill.merging import DAY

_ROOM = 1 << 19  # rows: 32 MB


class Spill:
    """`add` in any order, then `read` a symbol's day, its rows in the order they came.

    The file has no name: it is gone with the process, however that ends.
    """

    def __init__(self, folder: Path, *, room: int = _ROOM) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 closed by __exit__
        self._folder = folder
        self.held = 0  # rows in memory
        self._room, self._batches, self._written = room, list[Batch](), 0
        self._parts: dict[int, dict[int, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, trades: Batch) -> None:
        self._batches.append(trades)
        self.held += len(trades)
        if self.held >= self._room:
            self._write()

    def days(self, symbol: int) -> list[int]:
        """The moments at which the days begin that have trades of a symbol."""
        self._write()
        return sorted(self._parts[symbol])

    def read(self, symbol: int, day: int) -> Batch:
        self._write()
        parts = self._parts[symbol].get(day, [])
        found = np.empty(sum(rows for _, rows in parts), dtype=TRADE)
        first = 0
        for at, rows in parts:
            self._file.seek(at * TRADE.itemsize)
            self._file.readinto(found[first : first + rows].view(np.uint8).data)
            first += rows
        return found

    def _write(self) -> None:
        """Write what is held, each symbol's days together."""
        if not self._batches:
            return
        rows = joined(self._batches)
        day = rows["ts_event"] // DAY * DAY
        order = np.lexsort((day, rows["symbol"]))
        rows, day = rows[order], day[order]
        edges = np.flatnonzero((np.diff(rows["symbol"]) != 0) | (np.diff(day) != 0)) + 1
        starts = [0, *edges.tolist()]
        try:
            self._file.seek(0, 2)
            self._file.write(rows.view(np.uint8).data)
            self._file.flush()
        except OSError as error:
            raise Unavailable(
                f"cannot set the history aside in {self._folder}: {one_line(error)}; make room there, or choose another"
                " folder with --data"
            ) from None
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
            self._parts[int(rows["symbol"][start])][int(day[start])].append((self._written + start, end - start))
        self._written += len(rows)
        self._batches, self.held = [], 0
