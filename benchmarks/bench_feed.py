"""Feed: reading a venue's socket, beside the clients that others use, a burst while nobody takes, memory for long.

One process sends the same ready frames to each client, a process of its own. CPU is user and system time.
"""

import importlib.metadata
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.measure import promise
from core.events import Symbols
from feeds import ALPACA
from feeds.scanner import Scanner

RUNS = 3
EACH = (1, 10, 50)  # messages a frame
# How many messages are enough to time a client, by messages a frame.
MESSAGES: dict[str, tuple[int, int, int]] = {
    "candela": (1_000_000, 3_000_000, 3_000_000),
    "websockets + msgspec": (150_000, 600_000, 600_000),
    "alpaca-py": (40_000, 100_000, 100_000),
}
BURST, LONG = 1_000_000, 10_000_000


@contextmanager
def venue(each: int, kinds: str) -> Iterator[str]:
    """A venue's address."""
    command = [sys.executable, "-m", "benchmarks.venue", str(each), kinds]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    try:
        assert process.stdout is not None
        yield f"ws://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


def listened(name: str, address: str, messages: int, kernels: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.listeners", name, f"{address}/{messages}", str(messages), str(kernels)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1], timeout=120
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def measured(each: int, kinds: str, kernels: Path, names: tuple[str, ...]) -> dict[str, float]:
    """Microseconds of CPU a message by client, the clients in turns."""
    costs: dict[str, list[float]] = {name: [] for name in names}
    rates: dict[str, list[float]] = {name: [] for name in names}
    with venue(each, kinds) as address:
        for _ in range(RUNS):
            for name in names:
                found = listened(name, address, MESSAGES[name][EACH.index(each)], kernels)
                costs[name].append(found["cpu"] / found["messages"] * 1e6)
                rates[name].append(found["messages"] / found["wall"])
    cost = {name: float(np.median(taken)) for name, taken in costs.items()}
    for name in names:
        spread = f"{min(costs[name]):.3f} to {max(costs[name]):.3f}"
        rate, ratio = np.median(rates[name]), cost[name] / cost["candela"]
        said = f"  {each:>2} a frame, {kinds:<6} {name:<22} {cost[name]:7.3f} µs CPU ({spread})"
        print(f"{said:<83} {rate:12,.0f}/s {ratio:7.1f}")
    return cost


def versions() -> dict[str, str]:
    """Of what takes part and is installed."""
    found = {}
    for name in ("alpaca-py", "msgspec", "websockets", "uvloop", "numba"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            print(f"  {name}: not installed")
    return found


def main() -> bool:
    there = versions()
    names = tuple(name for name in MESSAGES if name in there or name != "alpaca-py")
    said = ", ".join(f"{name} {version}" for name, version in there.items())
    print(f"reading a venue's socket ({said}; cryptofeed has no feed of this protocol)")
    kept = []
    with tempfile.TemporaryDirectory() as name:
        kernels = Path(name)
        Scanner(ALPACA.scanner, Symbols(), kernels)
        for each in EACH:
            cost = measured(each, "mixed", kernels, names)
            if "alpaca-py" in cost:
                ratio = cost["alpaca-py"] / cost["candela"]
                kept.append(promise(f"feed_{each}_a_frame_against_alpaca_py", ratio, "times"))
        for each in EACH:
            measured(each, "trades", kernels, ("candela",))
        with venue(10, "trades") as address:
            burst = listened("sleepy", address, BURST, kernels)
            print(f"  a burst of {burst['messages']:,.0f} trades that nobody takes for 2 s")
            kept.append(promise("feed_burst_lost", BURST - burst["messages"] + burst["amiss"], "trades"))
        with venue(10, "mixed") as address:
            found = listened("candela", address, LONG, kernels)
            kept.append(promise("feed_memory_of_ten_against_one_million", found["memory"], "times"))
    return all(kept)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
