"""Calibration, budgets and the way a result is printed."""

import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np

_BUDGETS = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())


def calibration(runs: int = 7) -> float:
    """Nanoseconds one turn of a plain Python loop takes on this machine, now: what other times are divided by."""

    def loop() -> float:
        began, x = time.perf_counter_ns(), 1.0
        for _ in range(1_000_000):
            x = x * 0.999999 + 1e-6
        return (time.perf_counter_ns() - began) / 1_000_000

    return float(np.median([loop() for _ in range(runs)]))


def timed(work: Callable[[], object], runs: int = 7) -> tuple[float, float, float]:
    """Median, lowest and highest seconds of `work` over `runs`, after one that does not count."""
    work()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken)), min(taken), max(taken)


def promise(name: str, value: float, unit: str) -> bool:
    """Print a measured ratio beside its budget; whether it is kept."""
    budget = _BUDGETS[name]
    kept = bool(value <= budget["at_most"] if "at_most" in budget else value >= budget["at_least"])
    bound = f"at most {budget['at_most']:g}" if "at_most" in budget else f"at least {budget['at_least']:g}"
    print(f"{'kept  ' if kept else 'BROKEN'} {name}: {value:,.4g} {unit} ({bound})")
    return kept
