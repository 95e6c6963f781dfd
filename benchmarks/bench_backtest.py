"""Backtests: an EMA cross over bars, ticks and a sweep, beside every peer that is installed, to the same cent.

What the peers are given (frames, lists of objects, arrays of events) is made outside the time that is taken. Those
that are too slow for all of it are given less, and what counts is the time an event.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import backtests, exchanges
from benchmarks.backtests import FAST, SLOW, Outcome, installed
from benchmarks.first_result import first_result
from benchmarks.measure import promise
from core.bank import Bank
from core.events import BAR, SECOND, SIGNAL, TIMEFRAME_NAMES, TRADE, Batch
from strategies import crossover
from strategies.backtest import Account, backtest
from strategies.tallying import figures
from strategies.terms import Terms
from strategies.together import together

BARS, TICKS, SWEPT = 1_000_000, 10_000_000, 100_000
MINUTE = 60 * SECOND
START = 1_700_000_000 * SECOND // MINUTE * MINUTE
FULL = Terms(cash=1e8, units=1000, commission=0.0002, spread=0.0001, slippage=0.00005)
FEES = Terms(cash=1e8, units=1000, commission=0.0002)  # what all can express
POINTS = [(fast, slow) for fast in range(5, 30) for slow in range(40, 240, 5)]
Timed = tuple[float, float, float]


def minutes(count: int) -> Batch:
    """A random walk of one symbol in whole cents, a bar a minute."""
    random, bars = np.random.default_rng(5), np.zeros(count, dtype=BAR)
    bars["close"] = np.round(100 * np.exp(np.cumsum(random.normal(0, 5e-4, count))), 2)
    bars["open"] = np.round(bars["close"] * (1 + random.normal(0, 1e-4, count)), 2)
    bars["high"] = np.maximum(bars["open"], bars["close"]) + 0.02
    bars["low"] = np.minimum(bars["open"], bars["close"]) - 0.02
    bars["volume"], bars["closed"] = random.integers(1000, 5000, count), 1
    bars["timeframe"] = TIMEFRAME_NAMES.index("1m")
    bars["ts_open"] = START + np.arange(count) * MINUTE
    bars["ts_close"] = bars["ts_event"] = bars["ts_recv"] = bars["ts_open"] + MINUTE
    return bars


def prints(count: int) -> Batch:
    """Trades of one symbol, a hundred a minute."""
    random, trades = np.random.default_rng(6), np.zeros(count, dtype=TRADE)
    trades["price"] = np.round(100 * np.exp(np.cumsum(random.normal(0, 5e-5, count))), 2)
    trades["size"] = random.integers(1000, 5000, count)
    trades["ts_event"] = trades["ts_recv"] = START + np.arange(count) * (MINUTE // 100)
    return trades


def taken(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turns(works: Mapping[str, tuple[Callable[[], float], int]], runs: int) -> dict[str, Timed]:
    """Median, lowest and highest nanoseconds an event; every work's own seconds and events, one after the other."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for run in range(runs + 1):
        for name, (work, events) in works.items():
            seconds = work()
            if run:  # the first one compiles
                found[name].append(seconds * 1e9 / events)
    told = {name: (float(np.median(each)), min(each), max(each)) for name, each in found.items()}
    for name, (middle, low, high) in told.items():
        print(f"  {name:36} {middle:12,.1f} ns an event [{low:,.1f}..{high:,.1f}] {1e9 / middle:14,.0f} events/s")
    return told


def ours_over_bars(bars: Batch, terms: Terms, folder: Path) -> Outcome:
    run = backtest(crossover(FAST, SLOW), bars, 1, terms, folder)
    return len(run.fills), float(run.points["equity"][-1])


def ours_over_ticks(bank: Bank, trades: Batch, folder: Path) -> Outcome:
    """Trades → bars of a minute → the strategy → its fills."""
    bank.clear(1)
    account = Account(1, FULL, folder)
    for first in range(0, len(trades), 1 << 16):
        made = bank.take(trades[first : first + (1 << 16)])
        bars = [each for each in made if each.dtype is BAR]
        signals = [each for each in made if each.dtype is SIGNAL]
        if bars:
            account.follow(np.concatenate(bars), np.concatenate([*signals, np.empty(0, dtype=SIGNAL)]))
    return len(account.fills()), float(account.points()["equity"][-1])


def ours_sweep(points: Sequence[tuple[int, int]], bars: Batch, terms: Terms, folder: Path) -> list[float]:
    """The equity at the end of each pair of fast and slow; the figures of all returns are told as well."""
    tallies = together([crossover(fast, slow) for fast, slow in points], bars, 1, terms, folder)
    equity: list[float] = figures(tallies, terms.cash, 1.0)["end_equity"].tolist()
    return equity


def same(name: str, here: Outcome, there: Outcome) -> None:
    """The same number of fills, and the same to the cent."""
    assert here[0] == there[0], f"{name}: {there[0]} fills, ours are {here[0]}"
    assert abs(here[1] - there[1]) < 0.005, f"{name}: {there[1]} at the end, ours {here[1]}"
    print(f"  {name}: the same {here[0]:,} fills, {here[1]:,.2f} at the end")


def over_bars(folder: Path) -> list[bool]:
    bars = minutes(BARS)
    ours = partial(ours_over_bars, bars, FULL, folder)
    works = {"candela": (partial(taken, ours), BARS)}
    for name, module in installed("vectorbt", "vectorbt"):
        told = backtests.vectorbt(module, bars, FULL)
        same(name, ours(), told())
        works["vectorbt"] = partial(taken, told), BARS
        works["vectorbt, its own averages"] = partial(taken, backtests.vectorbt_alone(module, bars, FULL)), BARS
    for package, make, count in (
        ("backtesting", backtests.backtesting, 20_000),
        ("backtrader", backtests.backtrader, 5_000),
    ):
        for name, module in installed(package, package):
            told = make(module, bars[:count], FEES)
            same(name, ours_over_bars(bars[:count], FEES, folder), told())
            works[package] = partial(taken, told), count
    for _name, _ in installed("nautilus_trader", "nautilus_trader"):
        works["nautilus_trader"] = partial(_run, exchanges.nautilus("LAST-EXTERNAL", bars[:50_000], FULL)), 50_000
    return against("bars", in_turns(works, 3))


def over_ticks(folder: Path) -> list[bool]:
    bank, trades = Bank((crossover(FAST, SLOW),), ("1m",), folder), prints(TICKS)
    works = {"candela": (partial(taken, partial(ours_over_ticks, bank, trades, folder)), TICKS)}
    for _, module in installed("hftbacktest", "hftbacktest"):
        works["hftbacktest"] = partial(_run, exchanges.hftbacktest(module, trades)), TICKS
    for _, _ in installed("nautilus_trader", "nautilus_trader"):
        part = trades[:200_000]
        works["nautilus_trader"] = partial(_run, exchanges.nautilus("LAST-INTERNAL", part, FULL)), len(part)
    return against("ticks", in_turns(works, 3))


def _run(make: exchanges.Make) -> float:
    run, end = make()
    seconds = taken(run)
    end()
    return seconds


def against(kind: str, found: Mapping[str, Timed]) -> list[bool]:
    """The promises about the peers that were there; of vectorbt's two ways the faster one."""
    own, *peers = (name for name in found)
    fastest: dict[str, float] = {}
    for name in peers:
        peer = name.partition(",")[0]
        fastest[peer] = min(found[name][0], fastest.get(peer, np.inf))
    asked = {"bars": ("vectorbt", "nautilus_trader"), "ticks": ("hftbacktest", "nautilus_trader")}[kind]
    return [
        promise(f"backtest_{kind}_against_{peer}", fastest[peer] / found[own][0], "times faster")
        for peer in asked
        if peer in fastest
    ]


def swept(folder: Path) -> list[bool]:
    """vectorbt is given every tenth point, fifty columns at a time, so that its matrices fit into memory."""
    bars, few = minutes(SWEPT), POINTS[::10]
    print(f" sweep of {len(POINTS):,} points over {SWEPT:,} bars:")
    for name, module in installed("vectorbt", "vectorbt"):
        sweep = partial(backtests.vectorbt_sweep, module, bars, few, FULL)
        ours = partial(ours_sweep, POINTS, bars, FULL, folder)
        for here, there in zip(ours()[::10], sweep(), strict=True):
            assert abs(here - there) < 0.005, f"{name}: {there} at the end, ours {here}"
        works = {"candela": (ours, len(POINTS)), name: (sweep, len(few))}
        found = in_turns({one: (partial(taken, work), count * len(bars)) for one, (work, count) in works.items()}, 3)
        return [promise("backtest_sweep_against_vectorbt", found[name][0] / found["candela"][0], "times faster")]
    return []


def main() -> bool:
    kept = first_result()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f" EMA({FAST}) through EMA({SLOW}) over {BARS:,} bars:")
        kept += over_bars(folder)
        print(f" the same over {TICKS:,} trades, made into bars of a minute:")
        kept += over_ticks(folder)
        kept += swept(folder)
    return all(kept)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
