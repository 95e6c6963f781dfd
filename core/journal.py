"""The journal: a sink that has every row on disk before anyone is told of it.

What follows from one input is appended in one write, by the loop itself (a few microseconds, no waiting for the disk),
so a killed process loses nothing; a thread makes it durable a few milliseconds later, many writes at once, and moves
the mark up to which `core.store` may carry rows into the database. Files are deleted by the store, once they are there.
"""

import asyncio
import fcntl
import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from core.disk import Spares, discard, sync_folder, write
from core.errors import BadInput, Unavailable, one_line
from core.events import Batch, kind
from core.log import logger
from core.mark import STORED, Mark
from core.ports import Catalogue
from core.recipe import padded, told
from core.records import FILE_HEADER, Record, file_header, files, following, laid, name_of, raw
from core.recovery import Recovered, recovered
from core.turns import Turns

_COMPLAIN_S, _LOOK_S = 5.0, 1.0


class Journal:
    """`recover`, `start`, then a sink: `put` gathers, `flush` appends. written + dropped == put, in rows by kind.

    `numbers` gives the last number of every channel and symbol, for the head of each file.
    """

    def __init__(
        self, folder: Path, *, file_bytes: int = 64 << 20, limit_bytes: int = 20 << 30, sync_ms: float = 5.0
    ) -> None:
        self.folder = folder
        self.put_rows: Counter[str] = Counter()
        self.written: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.position, self.total, self.oldest = 0, 0, 0
        self._file_bytes, self._limit_bytes, self._sync_s = file_bytes, limit_bytes, sync_ms / 1000
        self._turns = Turns()
        self._began, self._file = 0, -1  # where the file we append to begins, and its descriptor
        self._broken = False  # something that was given could not be written
        self._generation = 1  # of the catalogue written last: how many there are in the file
        self._sealed: list[int] = []
        self._unnamed: list[tuple[Path, int]] = []  # files begun that readers do not see yet, and where they begin
        self._spares = Spares(folder, file_bytes)
        self._complained: dict[str, float] = {}  # when, by event
        self._stored: Mark | None = None
        self._dirty, self._closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._sync, name="journal", daemon=True)

    @property
    def stored(self) -> int:
        """Rows of this stream that are in the database, this run's and those before."""
        if self._stored is None or self._stored.stream != self.stream:
            self._stored = Mark.read(self.folder, STORED)
        return self._stored.total if self._stored is not None and self._stored.stream == self.stream else 0

    @property
    def thread(self) -> int:
        """The id of the thread that makes rows durable, once started: it holds the interpreter now and then."""
        return self._thread.native_id or 0

    def recover(self) -> Recovered | None:
        """What an earlier run left, its torn end cut off; None when there is nothing. One process a folder."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / "lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise BadInput(f"another process writes the journal {self.folder}; stop it first") from None
        except OSError as error:
            raise Unavailable(f"cannot keep a journal in {self.folder}: {one_line(error)}") from None
        found = recovered(self.folder)
        self.stream = found.stream if found else uuid.uuid4()
        self.position, self.total = (found.position, found.total) if found else (0, 0)
        return found

    def start(self, catalogue: Catalogue, numbers: Callable[[], Batch], recipe: str = "") -> None:
        """Begin a file and take rows; `recipe` says of what engine they are (`core/recipe.py`)."""
        self._told, self._is_new, self._numbers = told(catalogue), False, numbers
        self._recipe = padded(recipe)
        self._mark = Mark.made(self.folder, self.stream, catalogue.source)
        try:
            self._begin()
            self._name()
        except OSError as error:
            raise Unavailable(f"cannot begin a journal file in {self.folder}: {one_line(error)}") from None
        self._look()
        self._thread.start()

    def extend(self, catalogue: Catalogue) -> None:
        """The catalogue that the rows put from now on are to be read with."""
        self.write()
        self._told, self._is_new = told(catalogue), True  # written with those rows: never one without the other

    def given(self, batch: Batch) -> None:
        """What an engine was given, before what follows from it is put; without it nothing can be given again."""
        self._turns.given(batch)

    def go_on(self) -> None:
        self._turns.more = True  # what is put now is of the last call of the run before

    def put(self, batch: Batch) -> None:
        if kind(batch) != "time":
            self._turns.put(batch)

    def flush(self) -> None:
        """Append what was put since the last time, in one write. What had no consequence may wait."""
        if self._turns.over():
            self._write()

    def write(self) -> None:
        """Append what waits as well."""
        if self._turns:
            self._write()

    def _write(self) -> None:
        rows, records = self._turns.taken()
        self.put_rows.update(rows)
        if self.position - self.oldest > self._limit_bytes:
            self._complain("journal_full", limit_bytes=self._limit_bytes, advice="is the database reachable?")
            self._broken = True
            self.dropped.update(rows)
        else:
            (self.written if self._append(records) else self.dropped).update(rows)
        if self.position - self._began >= self._file_bytes:
            self._roll()

    def _append(self, records: Sequence[Record]) -> bool:
        """Whether it was written: a full disk is complained of, and tried again with the next rows."""
        generation, begun = self._generation, list[Record]()
        if self._is_new:
            generation = following(generation)
            begun.append(("catalogue", 0, self._told, False))
        if self._broken:
            begun.append(("broken", 0, b"", False))
        buffers, end, total = laid((*begun, *records), self.position, self.total, generation)
        try:
            write(self._file, buffers, self.position - self._began)
        except OSError as error:
            self._complain("journal_not_written", error=one_line(error))
            self._broken = True
            return False
        self.position, self.total, self._is_new, self._generation = end, total, False, generation
        self._broken = False
        self._dirty.set()
        return True

    def _roll(self) -> None:
        try:
            self._begin()
        except OSError as error:  # the old file grows on
            self._complain("journal_file_not_made", error=one_line(error))

    def _begin(self) -> None:
        """Go on in another file. The thread gives it its name, which may take a while, and only then moves the mark."""
        partial, file = self._spares.take()
        numbers, began = self._numbers(), self.position
        head: list[Record] = [
            ("catalogue", 0, self._told, False),
            ("positions", len(numbers), raw(numbers), False),
            *([("recipe", 0, self._recipe, False)] if self._recipe else []),
        ]
        buffers, _, _ = laid(head, began + FILE_HEADER, self.total)
        try:
            size = write(file, [file_header(self.stream, began), *buffers], 0)
        except OSError:
            discard(partial, file)
            raise
        if self._file >= 0:
            self._sealed.append(self._file)  # before there is a position beyond it: see _harden
        self._unnamed.append((partial, began))
        self._began, self._file, self.position, self._is_new, self._generation = began, file, began + size, False, 1
        self._dirty.set()

    def _complain(self, event: str, **more: object) -> None:
        if time.monotonic() - self._complained.get(event, -_COMPLAIN_S) >= _COMPLAIN_S:
            self._complained[event] = time.monotonic()
            logger().error(event, folder=str(self.folder), dropped=dict(self.dropped), **more)

    def _look(self) -> None:
        """How far back files still lie: the store deletes those it has carried over."""
        there = files(self.folder)
        self.oldest = there[0][0] if there else self.position

    def _sync(self) -> None:
        looked = 0.0
        while not self._closed.is_set():
            self._dirty.wait(_LOOK_S)
            self._harden()
            if time.monotonic() - looked > _LOOK_S:
                looked = time.monotonic()
                self._look()
                self._prepare()
            self._closed.wait(self._sync_s)
        self._harden()
        self._spares.close()

    def _prepare(self) -> None:
        try:
            self._spares.make()
        except OSError as error:
            self._complain("journal_file_not_made", error=one_line(error))

    def _harden(self) -> None:
        """Make durable what is written so far, then say so."""
        self._dirty.clear()
        total, position, file = self.total, self.position, self._file
        sealed = self._sealed[:]  # read last: whatever file the position lies behind is among these
        try:
            for old in (*sealed, file):
                os.fdatasync(old)
            self._name()
        except OSError as error:
            self._complain("journal_not_durable", error=one_line(error))
            return
        for old in sealed:
            os.close(old)
            self._sealed.remove(old)
        self._mark.move(position, total)

    def _name(self) -> None:
        """Let readers see the files that were begun, under names that outlive a loss of power."""
        begun = self._unnamed[:]
        for partial, start in begun:
            if partial.exists():
                partial.rename(name_of(self.folder, start))
        if begun:
            sync_folder(self.folder)
        del self._unnamed[: len(begun)]

    def close(self) -> None:
        self.write()
        self._closed.set()
        self._dirty.set()

    async def drain(self) -> None:
        await asyncio.to_thread(self._thread.join)
        os.truncate(self._file, self.position - self._began)
        os.close(self._file)
        self._lock.close()
