"""Six indicators and more in bulk, beside TA-Lib's batch functions, polars and a loop written in C."""

import ctypes
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import talib

from benchmarks.measure import promise
from benchmarks.sets import FORTY, MANY, SIX, THIRTY_NODES, best, made
from core.bank import Bank
from core.events import SIGNAL, Batch
from core.node import Node


def bulk(nodes: tuple[Node, ...], bars: Batch, folder: Path) -> Callable[[], object]:
    """All bars in one call, into memory that is there."""
    bank = Bank(nodes, ("1s",), folder)
    bank.grow(int(bars["symbol"].max()) + 1)
    values, signals = np.empty(len(bars), dtype=bank.dtype), np.empty(0, dtype=SIGNAL)
    return lambda: bank.entries["run"](bank.at, bars, values, signals)


def in_fifties(bars: Batch, folder: Path) -> float:
    """Nanoseconds a bar, fifty a call of the bank, the checks and the memory of the answer included."""
    bank = Bank(SIX, ("1s",), folder)
    bank.grow(int(bars["symbol"].max()) + 1)
    parts = [bars[i : i + 50] for i in range(0, len(bars), 50)]

    def work() -> None:
        for part in parts:
            bank(part)

    return best(work, 7) * 1e9 / len(bars)


def by_hand(bars: Batch, folder: Path) -> Callable[[], object] | None:
    """The same rows in and out by six.c, with this machine's own compiler; None without one."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "six.so"
    source = Path(__file__).with_name("six.c")
    flags = ["-O3", "-march=native", "-ffp-contract=off", "-fPIC", "-shared"]
    subprocess.run([compiler, *flags, "-o", str(library), str(source), "-lm"], check=True)
    states = np.zeros((int(bars["symbol"].max()) + 1, 47))
    values = np.empty(len(bars), dtype=Bank(SIX, ("1s",), folder).dtype)
    given = [array.ctypes.data_as(ctypes.c_void_p) for array in (states, bars, values)]  # they keep the arrays
    return partial(ctypes.CDLL(str(library)).six, *given, ctypes.c_int64(len(bars)))


def in_turns(works: Sequence[Callable[[], object]], rows: int, runs: int = 15) -> list[float]:
    """Median nanoseconds a row of each, run in turns, so that a slow moment of the machine meets all."""
    taken = np.empty((runs + 1, len(works)))
    for turn in taken:
        for i, work in enumerate(works):
            began = time.perf_counter()
            work()
            turn[i] = time.perf_counter() - began
    return [float(each) for each in np.median(taken[1:], axis=0) * 1e9 / rows]


def talib_batch(bars: Batch) -> float:
    """TA-Lib's six batch functions over one symbol's columns, already apart."""
    high, low, close = (np.ascontiguousarray(bars[name]) for name in ("high", "low", "close"))

    def work() -> None:
        talib.EMA(close, 20), talib.SMA(close, 20), talib.RSI(close, 14), talib.MACD(close, 12, 26, 9)
        talib.BBANDS(close, 20, 2, 2), talib.ATR(high, low, close, 14)

    work()
    return best(work, 9) * 1e9 / len(bars)


def polars_batch(bars: Batch) -> float:
    """One lazy query of polars expressions for the same six."""
    frame = pl.DataFrame({name: np.ascontiguousarray(bars[name]) for name in ("high", "low", "close")})
    close, last = pl.col("close"), pl.col("close").shift(1)
    change = close.diff()
    gain, loss = (each.clip(0).ewm_mean(alpha=1 / 14, adjust=False) for each in (change, -change))
    line = close.ewm_mean(span=12, adjust=False) - close.ewm_mean(span=26, adjust=False)
    signal, middle, spread = line.ewm_mean(span=9, adjust=False), close.rolling_mean(20), close.rolling_std(20, ddof=0)
    reach = pl.max_horizontal(pl.col("high"), last) - pl.min_horizontal(pl.col("low"), last)
    query = frame.lazy().select(
        ema=close.ewm_mean(span=20, adjust=False), sma=middle, rsi=100 * gain / (gain + loss), line=line, signal=signal,
        histogram=line - signal, upper=middle + 2 * spread, lower=middle - 2 * spread,
        atr=reach.ewm_mean(alpha=1 / 14, adjust=False),
    )  # fmt: skip
    query.collect()
    return best(query.collect, 5) * 1e9 / len(bars)


def in_bulk(folder: Path, turn: float, handles: float) -> list[bool]:
    """Many bars a call; `handles` is what TA-Lib's handles take for a bar of 500 symbols."""
    fifties = in_fifties(made(100_000, MANY), folder)
    print(f" six, fifty bars a call, {MANY} symbols: {fifties:.1f} ns a bar")
    kept = [
        promise("six_in_fifties_against_talib", handles / fifties, f"times faster than its handles, {MANY} symbols")
    ]
    for symbols in (1, MANY):
        bars = made(200_000, symbols)
        hand = by_hand(bars, folder)
        ours, *theirs = in_turns([bulk(SIX, bars, folder), *([hand] if hand else [])], len(bars))
        print(f" six in bulk, {symbols} symbols: {ours:.1f} ns a bar; by hand in C: {theirs or 'no compiler'}")
        if theirs:
            kept.append(promise("six_in_bulk_against_c", ours / theirs[0], f"times the loop in C, {symbols} symbols"))
        kept.append(promise("six_in_bulk_per_turn", ours / turn, f"turns a bar, {symbols} symbols"))
        if symbols == MANY:
            kept.append(promise("six_in_bulk_against_talib", handles / ours, "times faster than its handles"))
        else:
            batch, frames = talib_batch(bars), polars_batch(bars)
            print(f"  TA-Lib {talib.__version__} batch {batch:.1f}, polars {pl.__version__} {frames:.1f}")
            kept.append(promise("six_in_bulk_against_talib_batch", batch / ours, "times faster, one symbol"))
            kept.append(promise("six_in_bulk_against_polars", frames / ours, "times faster, one symbol"))
    return kept + larger(folder, turn)


def larger(folder: Path, turn: float) -> list[bool]:
    """More nodes, and prices that stand still."""
    bars = made(200_000, MANY)
    flat = bars.copy()
    for name in ("open", "high", "low", "close"):
        flat[name] = 100.0
    works = [bulk(nodes, bars, folder) for nodes in (THIRTY_NODES, FORTY, SIX)]
    thirty, more, moving, still = in_turns([*works, bulk(SIX, flat, folder)], len(bars), 7)
    print(f" thirty nodes in bulk, {MANY} symbols: {thirty:.1f} ns a bar; forty indicators: {more:.1f}")
    return [
        promise("thirty_nodes_in_bulk_per_turn", thirty / turn, "turns a bar"),
        promise("flat_against_moving", still / moving, "times the cost of moving prices"),
    ]
