"""Batches as table rows: which columns each kind of batch fills, and the positions it advances."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.recfunctions import structured_to_unstructured
from numpy.typing import NDArray

from core.copying import Layout, timestamptz
from core.events import SECOND, TIMEFRAMES, Batch
from core.ports import Catalogue, channels

Columns = Mapping[str, NDArray[np.generic]]

_TIMES = {"time": "timestamptz", "ts_event": "bigint"}
_RECV = {"ts_recv": "bigint", "seq": "bigint"}
_CODES = {"symbol_id": "integer", "timeframe": "integer", "quality": "smallint"}


def _doubles(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "double precision")


LAYOUTS = {
    "trades": Layout(
        "ticks",
        {
            **_TIMES,
            **_RECV,
            "trade_id": "bigint",
            **_doubles("price", "size"),
            "symbol_id": "integer",
            "side": "smallint",
        },
    ),
    "quotes": Layout(
        "quotes", {**_TIMES, **_RECV, **_doubles("bid", "bid_size", "ask", "ask_size"), "symbol_id": "integer"}
    ),
    "amendments": Layout(
        "amendments",
        {
            **_TIMES,
            "ts_recv": "bigint",
            **dict.fromkeys(("trade_id", "new_id"), "bigint"),
            **_doubles("price", "size", "old_price", "old_size"),
            "symbol_id": "integer",
        },
    ),
    "bars": Layout(
        "bars",
        {
            **_TIMES,
            **_RECV,
            **dict.fromkeys(("ts_open", "ts_close", "trades"), "bigint"),
            **_doubles("open", "high", "low", "close", "volume", "vwap"),
            **_CODES,
            "origin": "smallint",
        },
    ),
    "values": Layout(
        "indicator_values",
        {**_TIMES, "seq": "bigint", **_doubles("value"), "indicator_id": "integer", **_CODES},
    ),
    "signals": Layout(
        "signals",
        {
            **_TIMES,
            **_RECV,
            "seq_all": "bigint",
            **_doubles("side", "strength", "price"),
            "strategy_id": "integer",
            **_CODES,
        },
    ),
}

_SECONDS = np.array([width // SECOND for width in TIMEFRAMES.values()], dtype=np.int64)


def by_symbol(batch: Batch) -> Batch:
    """The rows sorted by symbol, each symbol's in their order: an index on it takes them for half the work."""
    symbol = batch["symbol"]
    small = symbol.astype(np.int16) if len(symbol) and symbol.max() < np.iinfo(np.int16).max else symbol  # radix sort
    return batch.take(np.argsort(small, kind="stable"))  # indexing with it takes twenty times as long


@dataclass
class Ids:
    """The database's ids behind an engine's small integers."""

    catalogue: Catalogue
    symbols: NDArray[np.int64]
    strategies: NDArray[np.int64]
    indicators: NDArray[np.int64]
    outputs: tuple[str, ...] = field(init=False)  # the value columns that are stored: signals say the rest

    def __post_init__(self) -> None:
        self.outputs = tuple(name for each in self.catalogue.indicators for name in each.outputs)

    def columns(self, kind: str, batch: Batch) -> tuple[Columns, int]:
        """The columns of `batch` for its table, and how many rows they make."""
        if kind == "values":
            return self._values(batch)
        names = batch.dtype.names or ()
        columns: dict[str, NDArray[np.generic]] = {name: batch[name] for name in names}
        columns |= {"time": timestamptz(batch["ts_event"]), "symbol_id": self.symbols[batch["symbol"]]}
        if "timeframe" in names:
            columns["timeframe"] = _SECONDS[batch["timeframe"]]
        if kind == "signals":
            columns["strategy_id"] = self.strategies[batch["strategy"]]
        return columns, len(batch)

    def _values(self, batch: Batch) -> tuple[Columns, int]:
        """One row a value; a value still warming up is NaN and has no row."""
        if not self.outputs:
            return {}, 0
        table = structured_to_unstructured(batch[list(self.outputs)])
        row, output = np.nonzero(~np.isnan(table))
        source = batch[row]
        columns = {
            "time": timestamptz(source["ts_event"]),
            "ts_event": source["ts_event"],
            "seq": source["seq"],
            "value": table[row, output],
            "indicator_id": self.indicators[output],
            "symbol_id": self.symbols[source["symbol"]],
            "timeframe": _SECONDS[source["timeframe"]],
            "quality": source["quality"],
        }
        return columns, len(row)


class Positions:
    """The highest number given per channel and symbol in one flush."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.channels = channels(catalogue)
        self._first_bar = 3 + len(catalogue.strategies)
        self._last = np.zeros((len(self.channels), len(catalogue.symbols)), dtype=np.int64)

    def add(self, kind: str, batch: Batch) -> None:
        symbol, kind = batch["symbol"], kind.removeprefix("revised_")
        if kind in ("trades", "quotes"):
            np.maximum.at(self._last[self.channels.index(kind)], symbol, batch["seq"])
        elif kind == "bars":
            np.maximum.at(self._last, (self._first_bar + batch["timeframe"], symbol), batch["seq"])
        elif kind == "signals":
            np.maximum.at(self._last[2], symbol, batch["seq_all"])
            np.maximum.at(self._last, (3 + batch["strategy"], symbol), batch["seq"])

    def changed(self) -> Iterator[tuple[str, int, int]]:
        """(channel, symbol, number) of every one that moved. 0 is no number: a venue's bar beside our own has none."""
        for channel, symbol in zip(*np.nonzero(self._last), strict=True):
            yield self.channels[channel], int(symbol), int(self._last[channel, symbol])
