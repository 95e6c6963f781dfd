"""The meter: a sink that only looks, for the figures people see."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.events import SECOND, Batch, joined, kind, tally
from core.metrics import Histogram

Figures = dict[str, Any]  # Any: JSON

_FEW = 256  # batches of a kind that may wait
_SHOWN = 12  # symbols named in the figures, the busiest first


class Meter:
    """Last prices, rows by symbol, and how long a signal took from its tick to the bus. Put together when somebody
    looks: as rows come only what cannot wait is noted."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self._latency, self._spans = Histogram(), list[NDArray[np.int64]]()
        self._waiting: dict[str, list[Batch]] = {"trades": [], "bars": [], "signals": []}
        self._newest = 0
        self._symbols: dict[str, Any] = {
            name: np.zeros(0) for name in ("last", "trades", "bars", "signals")
        }  # Any: arrays

    def put(self, batch: Batch) -> None:
        what = kind(batch)
        self.rows[tally(batch)] += len(batch)
        if what == "signals":
            self._spans.append(time.time_ns() - batch["ts_recv"])
        waiting = self._waiting.get(what)
        if waiting is not None:
            waiting.append(batch)
            if len(waiting) > _FEW:
                self._look()

    @property
    def signal_latency(self) -> Histogram:
        self._look()
        return self._latency

    def _look(self) -> None:
        if self._spans:
            self._latency.record(np.concatenate(self._spans))
            self._spans.clear()
        for what, batches in self._waiting.items():
            if batches:
                self._count(what, joined(batches))
                batches.clear()

    def _count(self, what: str, rows: Batch) -> None:
        self._grow(int(rows["symbol"].max()) + 1)
        self._symbols[what] += np.bincount(rows["symbol"], minlength=len(self._symbols[what]))
        if what == "trades":
            rows = rows[rows["ts_event"] > self._newest - SECOND]  # those of a filled gap are older
            self._newest = max(int(rows["ts_event"].max(initial=0)), self._newest)
            self._symbols["last"][rows["symbol"]] = rows["price"]

    def flush(self) -> None:
        """Nothing to send."""

    def close(self) -> None:
        """Nothing to close."""

    async def drain(self) -> None:
        """Nothing waits here."""

    def busiest(self, names: Sequence[str]) -> list[Figures]:
        self._look()
        self._grow(len(names))
        order = np.argsort(-self._symbols["trades"], kind="stable")[:_SHOWN]
        return [
            {"symbol": names[i], **{name: float(column[i]) for name, column in self._symbols.items()}} for i in order
        ]

    def _grow(self, size: int) -> None:
        for name, column in self._symbols.items():
            if len(column) < size:
                self._symbols[name] = np.pad(column, (0, size - len(column)))
