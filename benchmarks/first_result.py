"""First result: how long `candela backtest` takes as a process, when nothing was compiled before and when all was."""

import csv
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.measure import promise

_ROOT = Path(__file__).parent.parent
_COMMAND = "from gateway.cli import main; main()"


def first_result() -> list[bool]:
    """Seconds, and how many times as long as a process that imports numba and polars: that much is the same for all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = bars_file(folder)
        imports = float(np.median([process(folder, "import numba, polars") for _ in range(5)]))
        cold = [
            process(Path(tempfile.mkdtemp(dir=name)), _COMMAND, *wanted(file, folder / f"cold{i}")) for i in range(3)
        ]
        cache, data = Path(tempfile.mkdtemp(dir=name)), folder / "warm"
        warm = [process(cache, _COMMAND, *wanted(file, data)) for _ in range(6)][1:]
    print(f" first result of `candela backtest`: numba and polars are imported in {imports:.2f} s;")
    for kind, seconds in (("cold", cold), ("warm", warm)):
        print(f"  {kind} {np.median(seconds):.2f} s [{min(seconds):.2f}..{max(seconds):.2f}]")
    return [
        promise("first_result_cold_against_imports", float(np.median(cold)) / imports, "times the imports"),
        promise("first_result_warm_against_imports", float(np.median(warm)) / imports, "times the imports"),
    ]


def wanted(file: Path, data: Path) -> list[str]:
    return ["backtest", "crossover(12, 26)", str(file), "--data", str(data), "--json"]


def process(cache: Path, code: str, *arguments: str) -> float:
    """Seconds until a Python process with this cache of numba's has done its work."""
    variables = {"PATH": os.environ["PATH"], "NUMBA_CACHE_DIR": str(cache), "HOME": str(cache)}
    began = time.perf_counter()
    command = [sys.executable, "-c", code, *arguments]
    subprocess.run(command, cwd=_ROOT, env=variables, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def bars_file(folder: Path) -> Path:
    """Ten thousand bars of a minute, a random walk."""
    random, file = np.random.default_rng(8), folder / "bars.csv"
    close = np.round(100 * np.exp(np.cumsum(random.normal(0, 5e-4, 10_000))), 2)
    with file.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("time", "open", "high", "low", "close", "volume"))
        for number, price in enumerate(close.tolist()):
            moment = datetime.fromtimestamp(1_700_000_040 + 60 * number, UTC)
            rows.writerow((f"{moment:%Y-%m-%dT%H:%M:%SZ}", price, price + 0.02, price - 0.02, price, 1000))
    return file
