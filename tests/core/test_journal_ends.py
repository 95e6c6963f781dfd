"""How a journal's process ends: a full disk, a kill."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.recovery import recovered
from tests.core.made import CATALOGUE, begun, ended
from tests.core.reading import read

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / CATALOGUE.source


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """A process that runs lines on a begun journal called `journal`."""
    started: list[subprocess.Popen[str]] = []

    def run(lines: str) -> subprocess.Popen[str]:
        head = (
            "import resource, sys\nfrom pathlib import Path\n"
            "from tests.core.made import TRADE, begun, ended, filled, put\n"
            f"journal = begun(Path({str(tmp_path)!r}), file_bytes=1 << 16)\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", head + textwrap.dedent(lines)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_a_disk_that_is_full_is_said_and_what_was_written_stays(
    program: Callable[[str], subprocess.Popen[str]], folder: Path
) -> None:
    said, _ = program("""
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        for number in range(60):
            put(journal, filled(TRADE, 60, first=1 + 20 * number))
        ended(journal)
        print(journal.written["trades"], journal.dropped["trades"])
    """).communicate(timeout=60)
    written_, dropped = map(int, said.splitlines()[-1].split())
    assert "journal_not_written" in said
    assert written_ > 0
    assert dropped > 0
    assert written_ + dropped == 3_600
    assert sum(map(len, read(folder))) == written_


def test_a_killed_process_loses_nothing_that_was_flushed(
    program: Callable[[str], subprocess.Popen[str]], tmp_path: Path, folder: Path
) -> None:
    process = program("""
        for number in range(1_000_000):
            put(journal, filled(TRADE, 9, first=1 + 3 * number))
            print(number, flush=True)
    """)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 400:
            os.kill(process.pid, signal.SIGKILL)
            break
    last = max(int(line) for line in (line, *process.stdout) if line.endswith("\n"))
    found = recovered(folder)
    assert found is not None
    assert found.numbers["trades", "AAPL"] in (3 * last + 3, 3 * last + 6)
    ended(begun(tmp_path))
    seqs = np.concatenate([batch["seq"][batch["symbol"] == 0] for batch in read(folder)])
    assert seqs.tolist() == list(range(1, found.numbers["trades", "AAPL"] + 1))
