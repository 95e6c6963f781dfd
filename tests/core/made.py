"""Batches made for tests of the storage path, and journals and stores to carry them."""

import asyncio
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.events import BAR, POSITION, QUOTE, SECOND, SIGNAL, TIMEFRAME_NAMES, TRADE, Batch, value_dtype
from core.journal import Journal
from core.mark import Mark
from core.ports import Catalogue, Described
from core.store import Store

T0 = 1_700_000_000 * SECOND
CATALOGUE = Catalogue(
    source="test",
    symbols=("AAPL", "MSFT", "BTC/USD"),
    timeframes=("1s", "1m"),
    indicators=(
        Described("ema_12", "ema(12)", ("ema_12",), "average"),
        Described("macd", "macd()", ("macd_line", "macd_signal"), "difference"),
    ),
    strategies=(
        Described("crossover", "crossover()", ("crossover_side", "crossover_strength"), "crosses"),
        Described("reversal", "reversal()", ("reversal_side", "reversal_strength"), "reverses"),
    ),
)
VALUES = value_dtype(CATALOGUE.outputs)


def empty(dtype: np.dtype[np.void], count: int) -> Batch:
    return np.zeros(count, dtype=dtype)


def filled(dtype: np.dtype[np.void], count: int, *, symbols: int = 3, seed: int = 0, first: int = 1) -> Batch:
    """Rows with something in every field; `seq` numbers each symbol from `first`."""
    random = np.random.default_rng(seed)
    batch = empty(dtype, count)
    for name in dtype.names or ():
        if dtype[name].kind == "f":
            batch[name] = random.uniform(1, 100, count)
    batch["symbol"] = np.arange(count) % symbols
    batch["seq"] = first + np.arange(count) // symbols
    batch["ts_event"] = T0 + np.arange(count) * 1_000_001  # not whole microseconds
    batch["ts_recv"] = batch["ts_event"] + random.integers(-(10**9), 10**9, count)
    for name, high in (("trade_id", 2**62), ("trades", 1000)):
        if name in (dtype.names or ()):
            batch[name] = random.integers(1, high, count)
    if dtype is TRADE:
        batch["side"] = random.integers(-1, 2, count)
    if dtype is BAR:
        batch["ts_close"] = batch["ts_event"]
        batch["ts_open"] = batch["ts_close"] - SECOND
    if dtype is SIGNAL:
        batch["seq_all"] = batch["seq"]
        batch["strategy"] = 1
        batch["side"] = random.choice([-1.0, 1.0], count)
    if "timeframe" in (dtype.names or ()):
        batch["timeframe"] = TIMEFRAME_NAMES.index("1m")
        batch["quality"] = random.integers(0, 6, count)
    return batch


EVERY = (TRADE, QUOTE, BAR, SIGNAL, VALUES)


def no_numbers() -> Batch:
    return np.zeros(0, dtype=POSITION)


def begun(root: Path, catalogue: Catalogue = CATALOGUE, **settings: Any) -> Journal:
    """A journal of `catalogue`'s source below `root`, recovered and started."""
    journal = Journal(root / catalogue.source, **settings)
    journal.recover()
    journal.start(catalogue, no_numbers)
    return journal


def put(journal: Journal, *batches: Batch) -> None:
    for batch in batches:
        journal.put(batch)
    journal.flush()


def durable(journal: Journal) -> None:
    """Wait until all that was put is durable, and readers see it."""
    mark = Mark.read(journal.folder)
    assert mark is not None
    while mark.position < journal.position:
        time.sleep(0.001)


def ended(journal: Journal) -> None:
    journal.close()
    asyncio.run(journal.drain())


@contextmanager
def storing(url: str, root: Path, *, store: type[Store] = Store) -> Iterator[Store]:
    """A store at work in a thread; at the end it carries over what is left."""
    working, stop = store(url, root, flush_ms=1), threading.Event()
    working.open()
    thread = threading.Thread(target=working.run, args=[stop])
    thread.start()
    try:
        yield working
    finally:
        stop.set()
        thread.join()


def carried(url: str, root: Path, batches: Iterable[Batch], catalogue: Catalogue = CATALOGUE) -> Store:
    """All batches through a journal into the database; the store that did it."""
    journal = begun(root, catalogue)
    put(journal, *batches)
    ended(journal)
    with storing(url, root) as store:
        pass
    return store
