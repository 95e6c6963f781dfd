"""`python -m benchmarks`: every promise, one after the other."""

import asyncio
import sys

from benchmarks import (
    bench_backtest,
    bench_bars,
    bench_feed,
    bench_indicators,
    bench_reads,
    bench_store,
    bench_sustained,
    bench_tick_to_signal,
)

if __name__ == "__main__":
    results = [bench_indicators.main(), bench_bars.main(), bench_store.main(), asyncio.run(bench_tick_to_signal.main())]
    results += [bench_backtest.main(), bench_feed.main()]
    results += [asyncio.run(bench_sustained.main()), asyncio.run(bench_reads.main())]
    sys.exit(0 if all(results) else 1)
