"""Indicators: six of them a row at a time and in bulk, beside every peer that is installed and a loop in C."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from benchmarks.bulk import in_bulk
from benchmarks.measure import calibration, promise
from benchmarks.peers import Update, installed
from benchmarks.sets import FORTY, MANY, SIX, best, made
from core.bank import Bank


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
    bars = made(4_000, symbols)
    rows = list(zip(bars["symbol"].tolist(), *(bars[name].tolist() for name in bank.fields), strict=True))
    rows *= 25  # few enough to stay in the processor's cache, as a row that has just come in is
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
            kept.append(promise("six_one_by_one_per_turn", found["candela"] * 1e9 / turn, f"turns, {symbols} symbols"))
        handles = next(seconds for each, seconds in found.items() if each.startswith("TA-Lib")) * 1e9
        kept += in_bulk(folder, turn, handles)
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


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
