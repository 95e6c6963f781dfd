"""Tick to signal: from a venue's frame in our socket to the signal in a WebSocket client of another process.

The whole platform runs as `candela up` does: a bursty simulated session over Alpaca's protocol, embedded PostgreSQL
storing every row, the gateway in its own process. This process is the client. Short averages make many signals.
"""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import websockets

from benchmarks.measure import calibration, promise
from benchmarks.server import own_folder

SECONDS = 40
SETTINGS = {
    "CANDELA__EXCHANGE__SYMBOLS": "200",
    "CANDELA__EXCHANGE__RATE": "4000",
    "CANDELA__MARKET__TIMEFRAMES": "1s,1m",
    "CANDELA__MARKET__STRATEGIES": "crossover(2, 5),rsi_reversal(3, 45.0, 55.0)",
}


async def listen(address: str, seconds: float) -> dict[str, list[tuple[int, int, int]]]:
    """(received by the market, handed to the socket, received here) of every signal and trade."""
    found: dict[str, list[tuple[int, int, int]]] = {"signals.*": [], "trades": []}
    async with websockets.connect(address, max_size=None) as connection:
        for number, (channel, symbols) in enumerate((("signals.*", ["*"]), ("trades", ["AAPL", "GE", "NKE"]))):
            await connection.send(json.dumps({"op": "subscribe", "id": number, "channel": channel, "symbols": symbols}))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            told = await connection.recv()
            now = time.time_ns()
            frames = json.loads(told)
            for frame in frames if isinstance(frames, list) else [frames]:
                if frame["type"] == "update":
                    found[frame["channel"]].append((frame["ts_recv"], frame["ts_out"], now))
    return found


async def platform(folder: Path) -> tuple[asyncio.subprocess.Process, str]:
    command = [sys.executable, "-m", "gateway.cli", "up", "--json", "--port", "0", "--data", str(folder)]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **SETTINGS},
        limit=1 << 20,
        cwd=Path(__file__).parents[1],
    )
    assert process.stdout is not None
    async for line in process.stdout:
        told: dict[str, Any] = json.loads(line)
        if "addresses" in told:
            return process, told["addresses"]["gateway"].replace("http", "ws") + "/api/stream"
    raise RuntimeError("the platform did not start")


def line(name: str, nanoseconds: np.ndarray) -> tuple[float, float]:
    p50, p99, p999 = (float(np.quantile(nanoseconds, q)) / 1000 for q in (0.5, 0.99, 0.999))
    print(f"  {name:<28} p50 {p50:8.0f}   p99 {p99:8.0f}   p99.9 {p999:8.0f} µs   of {len(nanoseconds):,}")
    return p50, p99


async def main() -> bool:
    turn = calibration()
    with own_folder() as folder:
        process, address = await platform(folder)
        await asyncio.sleep(12)  # averages warm up
        found = await listen(address, SECONDS)
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    signals, trades = (np.array(found[channel]) for channel in ("signals.*", "trades"))
    print(
        f"tick to signal: {SETTINGS['CANDELA__EXCHANGE__RATE']} messages/s in bursts, {SECONDS} s; turn {turn:.1f} ns"
    )
    p50, p99 = line("tick → signal in a client", signals[:, 2] - signals[:, 0])
    line("tick → gateway's socket", signals[:, 1] - signals[:, 0])
    line("trade → trade in a client", trades[:, 2] - trades[:, 0])
    return all(
        [
            promise("tick_to_signal_p50_per_calibration_turn", p50 * 1000 / turn, "turns"),
            promise("tick_to_signal_p99_per_calibration_turn", p99 * 1000 / turn, "turns"),
        ]
    )


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main()) else 1)
