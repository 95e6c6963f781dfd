"""A store that is wrong on purpose: it moves the watermark after the transaction of the rows, not in it."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from core.schema import query
from core.store import Store
from core.tail import Chunk


class Broken(Store):
    def _write(self, each: Any, chunk: Chunk, connection: psycopg.Connection) -> None:  # Any: a private type
        with connection.transaction(), connection.cursor() as cursor:
            self._copy(cursor, each, chunk)
        time.sleep(0.02)
        end, rows = chunk.ends[-1], chunk.totals[-1]
        moved = {"stream": each.tail.mark.stream, "position": end, "rows": rows}
        connection.execute(query("move_watermark"), moved)
        each.position, each.rows = end, rows
        each.stored.move(end, rows)


if __name__ == "__main__":
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    store = Broken(os.environ["CANDELA__STORE__URL"], Path(os.environ["CANDELA__DATA__FOLDER"]) / "journal", flush_ms=5)
    store.open()
    store.run(stop)
