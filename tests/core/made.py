"""Batches made for tests of the storage path."""

import numpy as np

from core.events import BAR, QUOTE, SECOND, SIGNAL, TIMEFRAME_NAMES, TRADE, Batch, value_dtype
from core.ports import Catalogue, Described

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
