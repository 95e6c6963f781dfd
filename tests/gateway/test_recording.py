"""`candela record` as a person runs it: counted, killed, refused."""

import asyncio
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from feeds.recording import lines
from tests.command import CANDELA, CLEAN, ROOT
from tests.feeds.made import exchange, until

KEYS = {"CANDELA__EXCHANGE__KEY": "key", "CANDELA__EXCHANGE__SECRET": "secret"}
NAMES = ("--symbols", "AAPL,MSFT,NVDA")


async def run(*arguments: str, **environ: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *CANDELA, "record", *arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**CLEAN, **KEYS, **environ},
    )  # fmt: skip


async def ended(process: asyncio.subprocess.Process) -> tuple[str, str]:
    out, log = await asyncio.wait_for(process.communicate(), 60)
    return out.decode(), " ".join(log.decode().split())


async def test_a_recording_lasts_as_long_as_asked_and_is_counted(tmp_path: Path) -> None:
    venue = exchange(200, speed=1.0)
    await venue.start()
    path = tmp_path / "session.gz"
    process = await run("--out", str(path), *NAMES, "--seconds", "4", "--json", CANDELA__FEED__URL=venue.url("alpaca"))
    out, log = await ended(process)
    await venue.stop()
    assert process.returncode == 0, log
    told: dict[str, Any] = json.loads(out)
    assert told["received"]["trades"] > 50
    assert (told["frames"], told["bytes"]) == (len(list(lines(path))), len(path.read_bytes()))
    assert (told["connections"], told["bad_frames"], told["refused"]) == (1, 0, {})
    assert told["seconds"] >= 4


async def test_a_kill_costs_a_second_at_most(tmp_path: Path) -> None:
    venue = exchange(200, speed=1.0)
    await venue.start()
    path = tmp_path / "session.gz"
    process = await run("--out", str(path), *NAMES, CANDELA__FEED__URL=venue.url("alpaca"))
    await until(lambda: venue.sent["trades"] > 300)
    process.kill()
    killed = time.time_ns()
    await ended(process)
    await venue.stop()
    found = list(lines(path))
    assert len(found) > 100
    assert killed - found[-1][0] < 1_500_000_000  # and what the session's bursts leave silent


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--out", "README.md", *NAMES), 2, "README.md is there already: choose another name, or remove it"),
        (("--out", "/dev/full", *NAMES), 1, "cannot write to /dev/full: No space left on device; 0 of"),
        (("--out", "/dev/null", *NAMES, "--feed", "alpaca"), 2, "Alpaca needs a key"),
        (("--out", "/dev/null", "--feed", "binance"), 2, "binance needs symbols"),
        ((), 2, "Missing option '--out'"),
    ],
)
async def test_what_cannot_be_recorded_is_said(arguments: tuple[str, ...], code: int, sentence: str) -> None:
    venue = exchange(200, speed=1.0)
    await venue.start()
    process = await run(*arguments, CANDELA__FEED__URL=venue.url("alpaca"))
    _, log = await ended(process)
    await venue.stop()
    assert (process.returncode, sentence in log) == (code, True), log
    assert "Traceback" not in log
