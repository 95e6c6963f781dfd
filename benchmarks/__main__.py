"""`python -m benchmarks`: every promise, one after the other."""

import asyncio
import sys

from benchmarks import bench_bars, bench_indicators, bench_tick_to_signal

if __name__ == "__main__":
    results = [bench_indicators.main(), bench_bars.main(), asyncio.run(bench_tick_to_signal.main())]
    sys.exit(0 if all(results) else 1)
