"""The short form of the chaos: every run of the tests kills a few, and catches a store that is wrong on purpose."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.run import Chaos, Found, run


@pytest.fixture
def folder(kernels: Path) -> Iterator[Path]:
    """A folder that the database's own user can enter, with the kernels compiled so far."""
    path = Path(tempfile.mkdtemp(prefix="candela-chaos-"))
    path.chmod(0o755)
    (path / "kernels").symlink_to(kernels)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def test_nothing_is_lost_nothing_doubled_whatever_is_killed(folder: Path) -> None:
    found = run(folder, 12, seed=int(time.time()))
    assert found.rows > 10_000
    assert (found.lost, found.doubled, found.wrong) == (0, 0, 0), (folder / "log.txt").read_text()[-3000:]
    assert not any(found.others.values()), found


def test_a_watermark_outside_the_transaction_is_caught(folder: Path) -> None:
    chaos = Chaos(folder, store="tests.chaos.broken")
    try:
        for turn in range(60):  # a kill has to fall between two transactions
            chaos.flowing()
            time.sleep(0.3 + turn % 5 / 10)
            chaos.kill(("store",))
            if chaos.count(Found()).doubled:
                break
        time.sleep(1)
        chaos.stop()
        found = chaos.count(Found())
    finally:
        chaos.close()
    assert found.doubled > 0
