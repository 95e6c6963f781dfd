"""The kernel: six indicators and two strategies for 500 symbols, against TA-Lib's own incremental handles."""

import sys
import tempfile
import time
from collections import deque
from pathlib import Path

import numpy as np
import talib

from benchmarks.measure import calibration, promise, timed
from core.bank import Bank
from core.events import BAR, SECOND, Batch
from core.node import Node
from indicators import atr, bollinger, ema, macd, rsi, sma
from strategies import crossover, rsi_reversal

SYMBOLS = 500
ROWS = 200_000
SIX = (ema(20), sma(20), rsi(14), macd(12, 26, 9), bollinger(20, 2.0), atr(14))


def made(rows: int) -> Batch:
    random = np.random.default_rng(1)
    bars = np.zeros(rows, dtype=BAR)
    bars["close"] = 100 * np.exp(np.cumsum(random.normal(0, 1e-4, rows)))
    bars["high"], bars["low"] = bars["close"] * 1.0002, bars["close"] * 0.9998
    bars["symbol"] = random.integers(0, SYMBOLS, rows)
    bars["ts_event"] = np.arange(rows) * SECOND
    return bars


def ours(nodes: tuple[Node, ...], bars: Batch, step: int) -> float:
    """Nanoseconds a bar, in batches of `step`."""
    with tempfile.TemporaryDirectory() as folder:
        bank = Bank(nodes, ("1s",), Path(folder))
        bank.grow(SYMBOLS)
        parts = [bars[i : i + step] for i in range(0, len(bars), step)]
        median, low, high = timed(lambda: deque((bank(part) for part in parts), maxlen=0))
    scale = 1e9 / len(bars)
    median, low, high = median * scale, low * scale, high * scale
    print(f"  {len(nodes)} nodes, batches of {step:>6}: {median:8.1f} ns a bar [{low:.1f}..{high:.1f}]")
    return median


def handles(bars: Batch) -> float:
    """Nanoseconds a bar with TA-Lib's stream handles, one of each indicator a symbol."""
    random = np.random.default_rng(2)
    seed = 100 + np.cumsum(random.normal(0, 0.1, 60))
    high, low = seed + 0.1, seed - 0.1
    of = talib.stream
    made_handles = [
        (of.EMA(seed, 20), of.SMA(seed, 20), of.RSI(seed, 14), of.MACD(seed, 12, 26, 9), of.BBANDS(seed, 20, 2, 2),
         of.ATR(high, low, seed, 14))
        for _ in range(SYMBOLS)
    ]  # fmt: skip
    rows = list(zip(bars["symbol"].tolist(), *(bars[name].tolist() for name in ("high", "low", "close")), strict=True))
    began = time.perf_counter()
    for symbol, top, bottom, close in rows:
        a, b, c, d, e, f = made_handles[symbol]
        a.update(close), b.update(close), c.update(close), d.update(close), e.update(close)
        f.update(top, bottom, close)
    return (time.perf_counter() - began) * 1e9 / len(rows)


def main() -> bool:
    bars = made(ROWS)
    turn = calibration()
    print(
        f"kernel: {SYMBOLS} symbols in random order, {ROWS:,} bars; a turn of the calibration loop takes {turn:.1f} ns"
    )
    six = ours(SIX, bars, ROWS)
    small = ours(SIX, bars[:20_000], 50)
    one = ours(SIX, bars[:20_000], 1)
    ours((*SIX, crossover(), rsi_reversal()), bars, ROWS)
    peer = handles(bars[:50_000])
    print(f"  TA-Lib {talib.__version__} stream handles, six of them: {peer:8.1f} ns a bar")
    return all(
        [
            promise("kernel_six_per_calibration_turn", six / turn, "turns a bar"),
            promise("kernel_six_against_talib_stream", peer / six, "times faster, whole batches"),
            promise("kernel_six_in_fifties_against_talib_stream", peer / small, "times faster, 50 bars a call"),
            promise("kernel_one_bar_per_calibration_turn", one / turn, "turns a call of one bar"),
        ]
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
