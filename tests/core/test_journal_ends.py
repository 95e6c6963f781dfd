"""How a journal's process ends: a full disk, a kill."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.events import TRADE
from core.records import files
from core.recovery import recovered
from tests.core.made import CATALOGUE, begun, durable, ended, filled, put
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
            "import os, resource, signal, sys\nfrom pathlib import Path\n"
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
    _nothing_is_missing(tmp_path, folder, found.numbers["trades", "AAPL"])


def test_files_whose_thread_died_before_it_could_name_them_are_read(
    program: Callable[[str], subprocess.Popen[str]], tmp_path: Path, folder: Path
) -> None:
    process = program("""
        journal._name = lambda: None
        for number in range(300):
            put(journal, filled(TRADE, 30, first=1 + 10 * number))
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    process.communicate(timeout=60)
    assert len(files(folder)) == 1
    begun_files = sorted(folder.glob("*.partial"))
    assert len(begun_files) > 4
    torn = folder / "99.partial"  # killed while it wrote the head
    rest = begun_files[-1].read_bytes()[:200] + bytes(1000)
    torn.write_bytes(rest)
    (folder / "98.partial").write_bytes(bytes(1000))  # made beforehand, not begun
    found = recovered(folder)
    assert found is not None
    assert list(folder.glob("*.partial")) == []
    assert [path.read_bytes() for path in folder.glob("*.damaged")] == [rest]
    assert len(files(folder)) > 4
    assert found.numbers["trades", "AAPL"] == 3_000
    _nothing_is_missing(tmp_path, folder, 3_000)


def test_a_file_that_was_made_beforehand_is_used_and_what_was_not_is_removed(tmp_path: Path, folder: Path) -> None:
    journal = begun(tmp_path, file_bytes=1 << 20)
    end = time.monotonic() + 10
    while not (ready := list(folder.glob("*.partial"))):
        assert time.monotonic() < end, "the journal's thread made no file"
        time.sleep(0.01)
    made = ready[0].stat().st_ino
    while len(files(folder)) < 2:
        put(journal, filled(TRADE, 3_000))
        durable(journal)
    assert files(folder)[1][1].stat().st_ino == made
    ended(journal)
    assert list(folder.glob("*.partial")) == []


def _nothing_is_missing(root: Path, folder: Path, last: int) -> None:
    ended(begun(root))
    seqs = np.concatenate([batch["seq"][batch["symbol"] == 0] for batch in read(folder)])
    assert seqs.tolist() == list(range(1, last + 1))
