"""The meter: a sink that only looks, for the figures people see."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.events import SECOND, Batch, kind, tally
from core.metrics import Histogram

Figures = dict[str, Any]  # Any: JSON

_SHOWN = 12  # symbols named in the figures, the busiest first


class Meter:
    """Last prices, rows by symbol, and how long a signal took from its tick to the bus."""

    def __init__(self) -> None:
        self.signal_latency = Histogram()
        self.rows: Counter[str] = Counter()
        self._newest = 0
        self._symbols: dict[str, Any] = {
            name: np.zeros(0) for name in ("last", "trades", "bars", "signals")
        }  # Any: arrays

    def put(self, batch: Batch) -> None:
        what = kind(batch)
        self.rows[tally(batch)] += len(batch)
        if what == "signals":
            self.signal_latency.record(time.time_ns() - batch["ts_recv"])
        if what in self._symbols:
            self._grow(int(batch["symbol"].max()) + 1)
            np.add.at(self._symbols[what], batch["symbol"], 1)
        if what == "trades" and batch["ts_event"][-1] > self._newest - SECOND:  # those of a filled gap are older
            self._newest = max(int(batch["ts_event"][-1]), self._newest)
            self._symbols["last"][batch["symbol"]] = batch["price"]

    def flush(self) -> None:
        """Nothing to send."""

    def close(self) -> None:
        """Nothing to close."""

    async def drain(self) -> None:
        """Nothing waits here."""

    def busiest(self, names: Sequence[str]) -> list[Figures]:
        self._grow(len(names))
        order = np.argsort(-self._symbols["trades"], kind="stable")[:_SHOWN]
        return [
            {"symbol": names[i], **{name: float(column[i]) for name, column in self._symbols.items()}} for i in order
        ]

    def _grow(self, size: int) -> None:
        for name, column in self._symbols.items():
            if len(column) < size:
                self._symbols[name] = np.pad(column, (0, size - len(column)))
