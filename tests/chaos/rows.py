"""Trades that follow from their number alone, so that whoever finds them can tell whether they are the right ones."""

import mmap
import os
from pathlib import Path

import numpy as np

from core.events import TRADE, Batch

SYMBOLS = tuple(f"S{index}" for index in range(8))
T0 = 1_700_000_000_000_000_000
STEP = 1_000_000  # nanoseconds from one trade of a symbol to the next

# The same in SQL, of a view of trades with a number `n` for the symbol: true where a row is not what it has to be.
WRONG = f"""
    price <> 50 + substr(symbol, 2)::float8 + ((seq * 7919) % 10007)::float8 / 100
    OR size <> 1 + seq % 97 OR trade_id <> seq * 3 OR side <> seq % 3 - 1
    OR ts_event <> {T0} + seq * {STEP} OR ts_recv <> ts_event + 5
"""


def trades(first: int, count: int) -> Batch:
    """The trades numbered `first` to `first + count - 1` of every symbol, in the order of their times."""
    number = np.repeat(np.arange(first, first + count), len(SYMBOLS))
    batch = np.zeros(len(number), dtype=TRADE)
    batch["symbol"] = np.tile(np.arange(len(SYMBOLS)), count)
    batch["price"] = 50.0 + batch["symbol"] + (number * 7919 % 10007).astype(float) / 100
    batch["size"], batch["trade_id"], batch["side"] = 1 + number % 97, number * 3, number % 3 - 1
    batch["ts_event"] = T0 + number * STEP
    batch["ts_recv"] = batch["ts_event"] + 5
    return batch


class Told:
    """A number in memory that outlives the process which wrote it."""

    def __init__(self, path: Path) -> None:
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.truncate(file, 8)
        self._map = mmap.mmap(file, 8)
        os.close(file)
        self._words = memoryview(self._map).cast("Q")

    def write(self, number: int) -> None:
        self._words[0] = number

    def read(self) -> int:
        return self._words[0]
