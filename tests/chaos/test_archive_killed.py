"""An archive that is killed at work: every row is in the database or in a listed file, never in both, never in none."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import psycopg

from core.archive import KINDS
from core.frames import Frames
from tests.core.made import carried
from tests.core.test_archive import BATCHES, NOW, moved

KILLED = """
import sys
from datetime import datetime
from pathlib import Path
from core.upkeep import kept_up
from core.archive import KINDS
now = datetime.fromisoformat(sys.argv[3])
kept_up(sys.argv[1], Path(sys.argv[2]), archive=dict.fromkeys(KINDS, 0), retention={}, said=print, now=now)
"""
HELD = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"


def wait(url: str, process: subprocess.Popen[bytes] | None, *, held: bool) -> None:
    """Until the lock of who moves old rows is held, or is not."""
    with psycopg.connect(url, autocommit=True) as connection:
        while (connection.execute(HELD).fetchone() is not None) != held:
            assert process is None or process.poll() is None, "it ended before it had begun"
            time.sleep(0.001)


def until(process: subprocess.Popen[bytes], reached: Callable[[], bool]) -> None:
    while process.poll() is None and not reached():
        time.sleep(0.0005)


def gone(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until rows have left the database: the moment at which they must be listed, and not one later."""
    tables = " + ".join(f"(SELECT count(*) FROM {each.table})" for each in KINDS.values())
    with psycopg.connect(url, autocommit=True) as connection:

        def rows() -> int:
            ((found,),) = connection.execute(f"SELECT {tables}").fetchall()
            return int(found)

        before = rows()
        until(process, lambda: rows() < before)


def everything(frames: Frames) -> list[pl.DataFrame]:
    return [frames.trades(more=["trade_id"]), frames.quotes(), frames.bars([], "1m")]


def test_killed_anywhere_every_row_is_kept_exactly_once(database: str, tmp_path: Path) -> None:
    carried(database, tmp_path, BATCHES)
    folder, random, left = tmp_path / "archive", np.random.default_rng(5), Counter[str]()
    with Frames(database, archive=folder) as frames:
        expected = everything(frames)
        for kill in range(15):
            now = NOW - timedelta(days=(14 - kill) // 4)  # a few kills, then one more day is old enough
            command = [sys.executable, "-c", KILLED, database, str(folder), now.isoformat()]
            running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            wait(database, running, held=True)
            if kill % 3 == 0:
                time.sleep(float(random.random()) * 0.05)
            elif kill % 3 == 1:
                until(running, lambda: any(folder.rglob("*.partial")))
                time.sleep(float(random.random()) * 0.02)
            else:
                gone(database, running)
            left["killed"] += running.poll() is None
            running.kill()
            running.wait()
            left["partial"] += any(folder.rglob("*.partial"))
            assert all(mine.equals(theirs) for mine, theirs in zip(everything(frames), expected, strict=True))
            wait(database, None, held=False)  # the server may be busy yet with what it was asked last
        assert left["killed"] >= 5, left
        assert left["partial"] >= 3, left
        moved(database, folder, 0)
        assert all(mine.equals(theirs) for mine, theirs in zip(everything(frames), expected, strict=True))
    assert list(folder.rglob("*.partial")) == []
