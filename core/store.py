"""The store: a sink that carries every batch into PostgreSQL, in its own thread, each row once.

One transaction a flush: binary COPY of everything waiting, the positions it reaches, and the count of this run's
flushes. When an answer to COMMIT is lost, that count tells whether the transaction happened, so nothing is written
twice; when the server is gone, rows wait in the box and are written once it is back.
"""

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
import psycopg
from numpy.typing import NDArray

from core.errors import StoreDown, one_line
from core.events import Batch, joined, kind, tally
from core.log import logger
from core.outbox import Outbox
from core.ports import Catalogue
from core.schema import migrate, query
from core.tables import LAYOUTS, Ids, Positions

_RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_GIVE_UP_S = 30.0  # after closing, how long a server that does not answer is waited for


class Store:
    """`open`, then a sink; `written`, `dropped` (no room) and `lost` (refused by the server) count rows by kind."""

    def __init__(self, url: str, catalogue: Catalogue, *, flush_ms: int = 100, capacity: int = 4_000_000) -> None:
        self.written: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self._box = Outbox(capacity)
        self._url = url
        self._flush_s = flush_ms / 1000
        self._catalogue = catalogue
        self._ids: Ids | None = None
        self._connection: psycopg.Connection | None = None
        self._writer, self._flushes = 0, 0
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)

    @property
    def put_rows(self) -> Counter[str]:
        return self._box.put_rows

    @property
    def dropped(self) -> Counter[str]:
        return self._box.dropped

    @property
    def waiting(self) -> int:
        return self._box.waiting

    async def open(self) -> dict[tuple[str, str], int]:
        """Connect, migrate, start writing; the last number given per (channel, symbol) in earlier runs."""
        return await asyncio.to_thread(self._open)

    def extend(self, catalogue: Catalogue) -> None:
        """Tell of symbols that were met since; before their rows are put."""
        self._catalogue = catalogue

    def put(self, batch: Batch) -> None:
        if kind(batch) != "time":
            self._box.put(batch)

    def flush(self) -> None:
        """Nothing: the writer has a rhythm of its own."""

    def close(self) -> None:
        self._box.close()

    async def drain(self) -> None:
        await asyncio.to_thread(self._thread.join)

    def _open(self) -> dict[tuple[str, str], int]:
        connection = self._connect()
        migrate(connection)
        with connection.transaction(), connection.cursor() as cursor:
            (self._writer,) = cursor.execute(query("new_writer")).fetchone() or (0,)
            self._ids = _interned(cursor, self._catalogue)
            names = {"source": self._catalogue.source, "names": list(self._catalogue.symbols)}
            found = cursor.execute(query("positions"), names).fetchall()
        self._thread.start()
        return {(channel, symbol): seq for channel, symbol, seq in found}

    def _connect(self) -> psycopg.Connection:
        try:
            self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            raise StoreDown(f"cannot reach the database: {one_line(error)}; check CANDELA__STORE__URL") from None
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _work(self) -> None:
        closed = False
        while not closed:
            closed = self._box.wait(self._flush_s)
            batches = self._box.take()
            if batches:
                rows = Counter[str]()
                for batch in batches:
                    rows[tally(batch)] += len(batch)
                counter = self.written if self._carried(batches) else self.lost
                counter.update(rows)
        self._disconnect()

    def _carried(self, batches: Sequence[Batch]) -> bool:
        """Write the batches, however long the server takes to come back; False if it refuses the data itself."""
        since = time.monotonic()
        for attempt in itertools.count():
            try:
                if not self._happened(attempt):
                    self._write(batches)
            except (psycopg.OperationalError, psycopg.InterfaceError, StoreDown) as error:
                self._disconnect()
                pause = _RETRY_S[min(attempt, len(_RETRY_S) - 1)]
                logger().warning("store_down", error=one_line(error), waiting=self.waiting, retry_in_s=pause)
                if self._box.closed and time.monotonic() - since > _GIVE_UP_S:
                    return False
                time.sleep(pause)
            except psycopg.Error as error:
                logger().error("store_refused", error=one_line(error), batches=len(batches))
                return False
            else:
                self._flushes += 1
                return True
        return False

    def _happened(self, attempt: int) -> bool:
        """Whether the transaction whose COMMIT got no answer is in the database after all."""
        if attempt == 0:
            return False
        connection = self._connection or self._connect()
        found = connection.execute(query("flushes"), {"writer": self._writer}).fetchone()
        return found is not None and found[0] > self._flushes

    def _write(self, batches: Sequence[Batch]) -> None:
        connection = self._connection or self._connect()
        with connection.transaction(), connection.cursor() as cursor:
            if self._ids is None or len(self._ids.symbols) < len(self._catalogue.symbols):
                self._ids = _interned(cursor, self._catalogue)
            positions = Positions(self._ids.catalogue)
            for what, layout in LAYOUTS.items():
                own = [batch for batch in batches if kind(batch) == what]
                if own:
                    batch = joined(own)
                    positions.add(what, batch)
                    with cursor.copy(layout.statement) as copy:
                        copy.write(layout.encode(*self._ids.columns(what, batch)))
            _advance(cursor, positions, self._ids.symbols)
            cursor.execute(query("count_flush"), {"writer": self._writer})


def _advance(cursor: psycopg.Cursor, positions: Positions, symbol_ids: NDArray[np.int64]) -> None:
    changed = list(positions.changed())
    if changed:
        channels, symbols, seqs = zip(*changed, strict=True)
        ids = [int(symbol_ids[symbol]) for symbol in symbols]
        cursor.execute(query("advance_positions"), {"channels": list(channels), "symbol_ids": ids, "seqs": list(seqs)})


def _interned(cursor: psycopg.Cursor, catalogue: Catalogue) -> Ids:
    """The database's ids of the catalogue's names, given now where they are new."""

    def ids(kinds: str, singular: str, names: list[str], source: str = "") -> NDArray[np.int64]:
        cursor.execute(query(f"intern_{kinds}"), {"names": names, "source": source})
        cursor.execute(query(f"{singular}_ids"), {"names": names, "source": source})
        found: dict[str, int] = dict(cursor.fetchall())
        return np.array([found[name] for name in names], dtype=np.int64)

    outputs = [name for each in catalogue.indicators for name in each.outputs]
    return Ids(
        catalogue,
        symbols=ids("symbols", "symbol", list(catalogue.symbols), catalogue.source),
        strategies=ids("strategies", "strategy", [each.name for each in catalogue.strategies]),
        indicators=ids("indicators", "indicator", outputs),
    )
