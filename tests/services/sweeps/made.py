"""Histories the tests of sweeps share."""

import numpy as np
import polars as pl

from core.events import BAR, SECOND, TIMEFRAME_NAMES
from services.trading.backtests import History

DAY = 86_400 * SECOND
T0 = 20_000 * DAY
MINUTE = 60 * SECOND


def walk(count: int, *, seed: int = 1, every: int = MINUTE, symbols: int = 1) -> History:
    """A random walk in bars of a minute, of some symbols that close at the same moments."""
    random = np.random.default_rng(seed)
    bars = np.zeros((count, symbols), dtype=BAR)
    bars["close"] = 100 * np.exp(np.cumsum(random.normal(0, 1e-3, (count, symbols)), axis=0))
    bars["open"] = np.vstack([bars["close"][:1], bars["close"][:-1]])
    bars["high"] = np.maximum(bars["open"], bars["close"]) * 1.0002
    bars["low"] = np.minimum(bars["open"], bars["close"]) * 0.9998
    bars["volume"], bars["vwap"], bars["closed"] = 100.0, bars["close"], 1
    bars["ts_open"] = (T0 + np.arange(count) * every)[:, None]
    bars["ts_close"] = bars["ts_event"] = bars["ts_recv"] = bars["ts_open"] + MINUTE
    bars["symbol"], bars["timeframe"] = np.arange(symbols), TIMEFRAME_NAMES.index("1m")
    return History(bars.ravel(), tuple(f"S{each}" for each in range(symbols)), "1m")


def frame(history: History) -> pl.DataFrame:
    """As a file has it."""
    names = {name: history.bars[name] for name in ("open", "high", "low", "close", "volume")}
    return pl.DataFrame(
        {"time": history.bars["ts_open"], "symbol": np.array(history.symbols)[history.bars["symbol"]], **names}
    )
