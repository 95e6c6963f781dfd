"""The store: carries the rows of journals into PostgreSQL, each once, whatever is killed and when.

One transaction a flush: binary COPY of everything that waits, the numbers it reaches, and the watermark, the position
in the journal behind its last row. The next flush begins there, in this process or in the next one; so a transaction
that did not happen is done again, and one whose COMMIT got no answer is not. Rows are never compared with each other.
"""

import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psycopg

from core.errors import StoreDown, one_line
from core.events import joined, kind
from core.ids import advance, interned
from core.log import logger
from core.mark import STORED, Mark
from core.missed import noted
from core.schema import migrate, query
from core.superseding import supersede
from core.tables import LAYOUTS, Ids, Positions, by_symbol
from core.tail import Chunk, Tail, counted

_RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_GIVE_UP_S = 30.0  # once asked to stop, how long a server that does not answer is waited for
_LOOK_S = 0.5  # how often to look for other journals
_DOWN = (psycopg.OperationalError, psycopg.InterfaceError, StoreDown)


class _Elsewhere(Exception):
    """The watermark is not where we left it: another store carries the same journal."""


@dataclass
class _Stream:
    """A journal being carried over: where the database says it is read up to, and how many of its rows are there."""

    tail: Tail
    stored: Mark
    position: int = 0
    rows: int = 0
    ids: Ids | None = None


class Store:
    """`open`, then `run` in a thread of its own until stopped: every journal below `root` is carried over.

    `written` and `lost` (refused by the server, or damaged in the journal) count rows by kind.
    """

    def __init__(self, url: str, root: Path, *, flush_ms: int = 100) -> None:
        self.written: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self._url, self._root, self._flush_s = url, root, flush_ms / 1000
        self._streams: dict[uuid.UUID, _Stream] = {}
        self._connection: psycopg.Connection | None = None
        self._looked, self._failures = 0.0, 0

    @property
    def waiting(self) -> int:
        """Durable rows that are not in the database yet."""
        return sum(max(each.tail.mark.total - each.rows, 0) for each in self._streams.values())

    @property
    def behind(self) -> int:
        """The same in bytes."""
        return sum(each.tail.behind for each in self._streams.values())

    def open(self) -> None:
        """Connect and migrate; StoreDown when there is no server."""
        migrate(self._connect())
        self._disconnect()

    def run(self, stop: threading.Event) -> None:
        """Carry rows over until `stop` is set and nothing durable is left."""
        asked = 0.0
        while True:
            stopping = stop.is_set()
            asked = asked or (time.monotonic() if stopping else 0.0)
            began = time.monotonic()
            try:
                moved = self._pass(look=stopping)
                self._failures = 0
            except _DOWN as error:
                moved = False
                self._wait(error, stop)
            if stopping and not moved and (not self._failures or time.monotonic() - asked > _GIVE_UP_S):
                break
            stop.wait(max(self._flush_s - (time.monotonic() - began), 0.0))
        self._disconnect()
        for each in self._streams.values():
            each.tail.close()

    def _wait(self, error: Exception, stop: threading.Event) -> None:
        self._disconnect()
        pause = _RETRY_S[min(self._failures, len(_RETRY_S) - 1)]
        self._failures += 1
        logger().warning("store_down", error=one_line(error), waiting=self.waiting, retry_in_s=pause)
        time.sleep(pause) if stop.is_set() else stop.wait(pause)

    def _pass(self, *, look: bool) -> bool:
        """Carry over a chunk of every journal that has one; whether there was any.

        This is the only place that connects, for to connect is to begin again where the database says we are.
        """
        connection = self._connection or self._connect()
        if look or time.monotonic() - self._looked > _LOOK_S:
            self._look(connection)
        moved = False
        for each in self._streams.values():
            moved |= self._flush(each, connection)
        return moved

    def _look(self, connection: psycopg.Connection) -> None:
        """Find journals that have begun since."""
        self._looked = time.monotonic()
        for path in self._root.glob("*/mark"):
            mark = Mark.read(path.parent)
            if mark is not None and mark.stream not in self._streams:
                connection.execute(query("new_watermark"), {"stream": mark.stream, "source": mark.source})
                stored = Mark.made(path.parent, mark.stream, mark.source, STORED)
                self._streams[mark.stream] = found = _Stream(Tail(path.parent, mark), stored)
                self._seek(found, connection)

    def _seek(self, each: _Stream, connection: psycopg.Connection) -> None:
        """Go to where the database says we are."""
        while True:
            found = connection.execute(query("watermark"), {"stream": each.tail.mark.stream}).fetchone()
            each.position, each.rows = found or (0, 0)
            try:
                each.tail.seek(each.position, each.rows)
                break
            except FileNotFoundError:  # another store carried it, and deleted what it had
                continue
        each.stored.move(each.position, each.rows)

    def _flush(self, each: _Stream, connection: psycopg.Connection) -> bool:
        if not each.tail.behind:
            return False
        damaged = each.tail.damaged.copy()
        try:
            chunk = each.tail.read()
            if chunk is not None:
                self._carry(each, chunk, connection)
            self.lost += each.tail.damaged - damaged  # counted once: what is read again was not carried
            if chunk is None:
                return False
        except (_Elsewhere, FileNotFoundError):  # another store carried it, and deleted what it had
            self._seek(each, connection)
        each.tail.forget()
        return True

    def _carry(self, each: _Stream, chunk: Chunk, connection: psycopg.Connection) -> None:
        """Write a chunk. When the server refuses something of it, find what, pass over that alone, and say so."""
        try:
            self._write(each, chunk, connection)
        except _DOWN:
            raise
        except psycopg.Error as error:
            each.ids = None
            if len(chunk.batches) > 1:
                middle = len(chunk.batches) // 2
                self._carry(each, chunk.part(0, middle), connection)
                self._carry(each, chunk.part(middle, len(chunk.batches)), connection)
                return
            logger().error("store_refused", error=one_line(error), rows=dict(counted(chunk)))
            self._write(each, Chunk(chunk.catalogue, [], chunk.ends, chunk.totals), connection)
            self.lost += counted(chunk)
        else:
            self.written += counted(chunk)

    def _write(self, each: _Stream, chunk: Chunk, connection: psycopg.Connection) -> None:
        """One transaction: the rows of `chunk`, and that the journal has been read up to its end."""
        stream, end, rows = each.tail.mark.stream, chunk.ends[-1], chunk.totals[-1]
        with connection.transaction(), connection.cursor() as cursor:
            if cursor.execute(query("lock_watermark"), {"stream": stream}).fetchone() != (each.position,):
                raise _Elsewhere
            self._copy(cursor, each, chunk)
            cursor.execute(query("move_watermark"), {"stream": stream, "position": end, "rows": rows})
        each.position, each.rows = end, rows
        each.stored.move(end, rows)

    def _copy(self, cursor: psycopg.Cursor, each: _Stream, chunk: Chunk) -> None:
        ids = each.ids
        if ids is None or ids.catalogue is not chunk.catalogue:
            ids = each.ids = interned(cursor, chunk.catalogue)
        positions = Positions(chunk.catalogue)
        for what, layout in LAYOUTS.items():
            own = [batch for batch in chunk.batches if kind(batch) == what]
            if own:
                batch = by_symbol(joined(own))
                positions.add(what, batch)
                with cursor.copy(layout.statement) as copy:
                    for piece in layout.encode(*ids.columns(what, batch)):
                        copy.write(piece)
        self._revise(cursor, chunk, ids)
        for batch in chunk.batches:
            if kind(batch).startswith("revised_"):
                positions.add(kind(batch), batch)
        advance(cursor, positions, ids.symbols)

    def _revise(self, cursor: psycopg.Cursor, chunk: Chunk, ids: Ids) -> None:
        """What changes rows that are there: gaps, which put them in doubt, and then what was made again."""
        missed = [batch for batch in chunk.batches if kind(batch) == "gaps"]
        if missed:
            noted(cursor, joined(missed), ids.symbols)
        supersede(cursor, chunk.batches, ids)

    def _connect(self) -> psycopg.Connection:
        try:
            self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            raise StoreDown(f"cannot reach the database: {one_line(error)}; check CANDELA__STORE__URL") from None
        for each in self._streams.values():
            each.ids = None  # given in a transaction that did not happen, they are not there
            self._seek(each, self._connection)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
