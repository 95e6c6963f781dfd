"""Indicators: six of them a row at a time and in bulk, beside every peer that is installed and a loop written in C."""

import ctypes
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import talib

import indicators as of
from benchmarks.measure import calibration, promise
from benchmarks.peers import Update, installed
from core.bank import Bank
from core.events import BAR, SECOND, SIGNAL, Batch
from core.node import Node

SIX = (of.ema(20), of.sma(20), of.rsi(14), of.macd(12, 26, 9), of.bollinger(20, 2.0), of.atr(14))
THIRTY_NODES = (
    *SIX, of.dema(20), of.tema(20), of.kama(20), of.cmo(14), of.mom(10), of.roc(10), of.wma(20), of.ppo(12, 26),
    of.natr(14), of.obv(), of.ad(), of.bop(), of.linearreg(14), of.tsf(14), of.rma(14),
)  # fmt: skip
FORTY = (
    *THIRTY_NODES, of.t3(5), of.hma(20), of.trix(15), of.willr(14), of.stoch(14, 3, 3), of.adx(14), of.aroon(14),
    of.ultosc(), of.stddev(20), of.mfi(14), of.donchian(20), of.cci(20), of.sar(), of.supertrend(10, 3.0),
    of.keltner(), of.cmf(20), of.vwma(20), of.tsi(), of.vortex(14),
)  # fmt: skip
MANY = 500


def made(rows: int, symbols: int) -> Batch:
    random = np.random.default_rng(1)
    bars = np.zeros(rows, dtype=BAR)
    bars["close"] = bars["open"] = 100 * np.exp(np.cumsum(random.normal(0, 1e-4, rows)))
    bars["high"], bars["low"] = bars["close"] * 1.0002, bars["close"] * 0.9998
    bars["volume"] = random.integers(1, 1000, rows)
    bars["symbol"] = random.integers(0, symbols, rows)
    bars["ts_event"] = np.arange(rows) * SECOND
    return bars


def best(work: Callable[[], object], runs: int) -> float:
    """Median seconds of `work`."""
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def one_by_one(rows: Iterable[tuple[int, float, float, float]], updates: list[Update]) -> Callable[[], None]:
    def loop() -> None:
        for symbol, high, low, close in rows:
            updates[symbol](high, low, close)

    return loop


def empty(rows: Iterable[tuple[int, float, float, float]]) -> Callable[[], None]:
    def loop() -> None:
        for _symbol, _high, _low, _close in rows:
            pass

    return loop


def ours_one_by_one(bank: Bank, rows: Iterable[tuple[int, float, float, float]]) -> Callable[[], None]:
    update, places = bank.update, [bank.place(symbol) for symbol in range(int(bank.book["known"][0]))]

    def loop() -> None:
        for symbol, high, low, close in rows:
            update(places[symbol], high, low, close)

    return loop


def single(symbols: int, folder: Path) -> dict[str, float]:
    """Nanoseconds a bar for six indicators, one call (of each) a bar, less the loop around it."""
    bank = Bank(SIX, ("1s",), folder)
    bank.grow(symbols)
    bars = made(100_000, symbols)
    rows = list(zip(bars["symbol"].tolist(), *(bars[name].tolist() for name in bank.fields), strict=True))
    loop = best(empty(rows), 9) / len(rows)
    found = {"candela": best(ours_one_by_one(bank, rows), 9) / len(rows) - loop}
    for name, make, count in installed():
        known = symbols if count > 5_000 else min(symbols, 50)
        part = [(row[0] % known, *row[1:]) for row in rows[:count]]
        work = one_by_one(part, [make() for _ in range(known)])
        work()
        found[name] = best(work, 5 if count > 5_000 else 2) / count - loop
    for name, seconds in found.items():
        print(f"  {name:28} {seconds * 1e9:10,.0f} ns a bar {seconds / found['candela']:8.1f} ×")
    return found


def bulk(nodes: tuple[Node, ...], bars: Batch, folder: Path) -> Callable[[], object]:
    """All bars in one call, into memory that is there."""
    bank = Bank(nodes, ("1s",), folder)
    bank.grow(int(bars["symbol"].max()) + 1)
    values, signals = np.empty(len(bars), dtype=bank.dtype), np.empty(0, dtype=SIGNAL)
    return lambda: bank.entries["run"](bank.at, bars, values, signals)


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


def main() -> bool:
    turn, kept = calibration(), []
    print(f"indicators: a turn of the calibration loop takes {turn:.1f} ns")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for symbols in (1, MANY):
            print(f" six, one bar a call, {symbols} symbols:")
            found = single(symbols, folder)
            for peer, least in (("TA-Lib", "talib"), ("nautilus_trader", "nautilus"), ("talipp", "talipp")):
                there = [seconds for each, seconds in found.items() if each.startswith(peer)]
                if there:
                    key = f"six_one_by_one_against_{least}"
                    kept.append(promise(key, there[0] / found["candela"], f"times faster, {symbols} symbols"))
        kept += in_bulk(folder, turn)
        kept += forty(folder, turn)
    return all(kept)


def forty(folder: Path, turn: float) -> list[bool]:
    """How long single calls of a bank of forty indicators take, the clock's own time taken off."""
    bank = Bank(FORTY, ("1s",), folder)
    bank.grow(1)
    bars = made(50_000, 1)
    rows = list(zip(*(bars[name].tolist() for name in bank.fields), strict=True))
    update, place, clock = bank.update, bank.place(), time.perf_counter_ns
    taken = np.empty(len(rows))
    for i, row in enumerate(rows):
        began = clock()
        update(place, *row)
        taken[i] = clock() - began
    own = np.median([-(clock() - clock()) for _ in range(1_000)])
    middle, tail = (float(np.percentile(taken[5_000:], q) - own) for q in (50, 99.9))
    print(
        f" {len(FORTY)} indicators ({len(bank.nodes)} nodes), one bar a call: p50 {middle:.0f} ns, p99.9 {tail:.0f} ns"
    )
    return [
        promise("forty_call_per_turn", middle / turn, "turns a call, p50"),
        promise("forty_call_p999_per_turn", tail / turn, "turns a call, p99.9"),
    ]


def in_bulk(folder: Path, turn: float) -> list[bool]:
    kept = []
    for symbols in (1, MANY):
        bars = made(200_000, symbols)
        hand = by_hand(bars, folder)
        ours, *theirs = in_turns([bulk(SIX, bars, folder), *([hand] if hand else [])], len(bars))
        print(f" six in bulk, {symbols} symbols: {ours:.1f} ns a bar; by hand in C: {theirs or 'no compiler'}")
        if theirs:
            kept.append(promise("six_in_bulk_against_c", ours / theirs[0], f"times the loop in C, {symbols} symbols"))
        if symbols == 1:
            batch, frames = talib_batch(bars), polars_batch(bars)
            print(f"  TA-Lib {talib.__version__} batch {batch:.1f}, polars {pl.__version__} {frames:.1f}")
            kept.append(promise("six_in_bulk_against_talib_batch", batch / ours, "times faster, one symbol"))
            kept.append(promise("six_in_bulk_against_polars", frames / ours, "times faster, one symbol"))
    bars = made(200_000, MANY)
    flat = bars.copy()
    for name in ("open", "high", "low", "close"):
        flat[name] = 100.0
    works = [bulk(nodes, bars, folder) for nodes in (THIRTY_NODES, FORTY, SIX)]
    thirty, more, moving, still = in_turns([*works, bulk(SIX, flat, folder)], len(bars), 7)
    print(f" thirty nodes in bulk, {MANY} symbols: {thirty:.1f} ns a bar; forty indicators: {more:.1f}")
    kept.append(promise("thirty_nodes_in_bulk_per_turn", thirty / turn, "turns a bar"))
    kept.append(promise("flat_against_moving", still / moving, "times the cost of moving prices"))
    return kept


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
