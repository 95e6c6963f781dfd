"""A bounded box between the loop, which may not wait, and a writer in its own thread, which must."""

import threading
from collections import Counter, deque

from core.events import Batch, tally


class Outbox:
    """`put` never waits: a batch that does not fit is dropped whole and counted. put == taken + waiting + dropped."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity  # rows
        self.put_rows: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.waiting = 0
        self._batches: deque[Batch] = deque()
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def put(self, batch: Batch) -> None:
        what, rows = tally(batch), len(batch)
        with self._lock:
            self.put_rows[what] += rows
            if self._closed.is_set() or self.waiting + rows > self.capacity:
                self.dropped[what] += rows
                return
            self._batches.append(batch)
            self.waiting += rows

    def take(self) -> list[Batch]:
        """Everything that is waiting, oldest first; the writer answers for it from now on."""
        with self._lock:
            taken = list(self._batches)
            self._batches.clear()
            self.waiting = 0
        return taken

    def close(self) -> None:
        """Take no more; what is waiting stays to be taken."""
        self._closed.set()

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until closed, `seconds` at most; whether it is closed."""
        return self._closed.wait(seconds)
