"""Bars: trades to four timeframes to six indicators in one pass, when bars are long and when every trade closes one."""

import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.measure import calibration, promise
from benchmarks.sets import SIX, best
from core.bank import Bank
from core.events import BAR, SECOND, TRADE, Batch

TIMEFRAMES = ("1m", "5m", "15m", "1h")
SYMBOLS = 500


def made(rows: int, apart: int) -> Batch:
    """Trades of 500 symbols in random order, each symbol's `apart` nanoseconds after its last on average."""
    random = np.random.default_rng(3)
    trades = np.zeros(rows, dtype=TRADE)
    trades["ts_event"] = 1_700_000_000 * SECOND + np.arange(rows) * (apart // SYMBOLS)
    trades["ts_recv"] = trades["ts_event"]
    trades["symbol"] = random.integers(0, SYMBOLS, rows)
    trades["price"] = 100 * np.exp(np.cumsum(random.normal(0, 1e-4, rows)))
    trades["size"] = random.integers(1, 500, rows)
    return trades


def through(trades: Batch, folder: Path) -> tuple[float, float]:
    """Nanoseconds a trade in batches of 8,192, and bars made a trade."""
    bank = Bank(SIX, TIMEFRAMES, folder)
    bank.grow(SYMBOLS)
    parts = [trades[i : i + 8_192] for i in range(0, len(trades), 8_192)]
    count = sum(len(batch) for part in parts for batch in bank.take(part) if batch.dtype is BAR)

    def work() -> None:
        bank.clear(SYMBOLS)
        for part in parts:
            bank.take(part)

    return best(work, 7) * 1e9 / len(trades), count / len(trades)


def main() -> bool:
    turn = calibration()
    kept = []
    with tempfile.TemporaryDirectory() as folder:
        for name, apart in (("busy", SECOND // 2), ("worst", 55 * SECOND)):
            cost, bars = through(made(500_000, apart), Path(folder))
            print(f"trades → {', '.join(TIMEFRAMES)} → six, {name}: {cost:.1f} ns a trade, {bars:.2f} bars a trade")
            kept.append(promise(f"ticks_{name}_per_turn", cost / turn, "turns a trade"))
    return all(kept)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
