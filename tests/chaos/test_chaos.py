"""The short form of the chaos: every run of the tests kills a few, and catches a store that is wrong on purpose."""

import time
from pathlib import Path

from tests.chaos.run import Chaos, Found, run


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
