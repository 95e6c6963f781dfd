"""Numbers of rows on their channels: where a bank counts them, and the next ones for rows that it did not make."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.bank import Bank
from core.events import BAR, POSITION, SIGNAL, Batch

Numbers = NDArray[np.int64]


def counter(bank: Bank, channel: str) -> NDArray[Any] | None:  # Any: a field of a record
    """The last number given on a channel, of every symbol; None where it has none."""
    kind, _, name = channel.partition(".")
    ticks = bank.ticks
    if kind in {"trades", "quotes"}:
        return ticks[kind]
    if kind == "bars" and name in bank.timeframes:
        return bank.forming["seq"][:, bank.timeframes.index(name)]
    if kind == "signals" and name == "*":
        return ticks["signals"]
    return ticks["seq"][name] if kind == "signals" and name in (ticks["seq"].dtype.names or ()) else None


def numbers(bank: Bank, channels: Sequence[str], symbols: int) -> Batch:
    """The last number given on every channel, as POSITION rows."""
    found = []
    for index, channel in enumerate(channels):
        counted = counter(bank, channel)
        if counted is not None:
            last = counted[:symbols]
            rows = np.zeros(np.count_nonzero(last), dtype=POSITION)
            rows["channel"], rows["symbol"], rows["seq"] = index, np.flatnonzero(last), last[last > 0]
            found.append(rows)
    return np.concatenate(found)


def number(bank: Bank, symbol: int, batch: Batch) -> None:
    """Number the trades, bars or signals of one symbol, in place."""
    tick = bank.ticks[symbol]
    if batch.dtype is SIGNAL:
        batch["seq_all"] = _behind(tick, "signals", len(batch))
        for index, strategy in enumerate(bank.strategies):
            own = batch["strategy"] == index
            batch["seq"][own] = _behind(tick["seq"], strategy.name, int(own.sum()))
    elif batch.dtype is BAR:
        for lane, frame in enumerate(bank.lane["frame"]):
            own = batch["timeframe"] == frame
            batch["seq"][own] = _behind(bank.forming[symbol, lane], "seq", int(own.sum()))
    else:
        batch["seq"] = _behind(tick, "trades", len(batch))


def _behind(record: np.void, name: str, rows: int) -> Numbers:
    first = int(record[name]) + 1
    record[name] += rows
    return np.arange(first, first + rows)
