"""Backfills that are killed, or lose the database, at random: run again they do what was left, each row once."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psycopg

from core.engine import Engine
from core.events import Batch, Symbols
from tests.chaos.backfiller import merge
from tests.chaos.rows import SYMBOLS, T0, trades
from tests.chaos.run import ROOT
from tests.core.made import carried
from tests.services.backfill.made import BARS, TICKS, all_rows, read

DAYS, EACH = 4, 400  # days, and trades of a symbol on each
STEP = 86_400_000_000_000 // EACH
KILLS = 4


def lived(url: str, root: Path, kernels: Path, found: Batch) -> None:
    engine = Engine(Symbols(SYMBOLS, source="live"), ("1m", "1h", "1d"), (), kernels)
    carried(url, root, engine(found), engine.catalogue)


def committed(connection: psycopg.Connection) -> int:
    """How many transactions of backfills there were: each of these notes one gap."""
    ((found,),) = connection.execute("SELECT count(*) FROM gaps").fetchall()
    return int(found)


def struck(url: str, folder: Path, chance: random.Random, *, kill: bool) -> int:
    """A backfill that is killed, or whose server is, once it has begun to merge; its exit code."""
    command = [sys.executable, "-m", "tests.chaos.backfiller", url, str(folder)]
    with psycopg.connect(url, autocommit=True) as connection:
        before = committed(connection)
        process = subprocess.Popen(command, cwd=ROOT)
        while committed(connection) == before and process.poll() is None:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.03))
        if kill:
            process.kill()
        else:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    return process.wait(60)


def test_a_backfill_that_is_killed_is_right_once_it_has_run_to_its_end(
    database: str, empty_database: str, tmp_path: Path, kernels: Path
) -> None:
    (tmp_path / "kernels").symlink_to(kernels)
    found = trades(1, DAYS * EACH)
    found["ts_event"] = T0 + found["trade_id"] // 3 * STEP
    found["ts_recv"] = found["ts_event"]
    found.tofile(tmp_path / "history")
    lost = np.random.default_rng(1).random(len(found)) < 0.3
    lost[-2 * len(SYMBOLS) :] = False
    lived(database, tmp_path / "whole", kernels, found)
    lived(empty_database, tmp_path / "holed", kernels, found[~lost])
    chance = random.Random(time.time())
    codes = [struck(empty_database, tmp_path, chance, kill=bool(number % 2)) for number in range(KILLS)]
    assert set(codes) == {-signal.SIGKILL, 3}
    with psycopg.connect(empty_database) as connection:
        assert 0 < committed(connection) < DAYS * len(SYMBOLS)

    merge(empty_database, tmp_path)
    assert read(empty_database, TICKS, "market_trades") == read(database, TICKS, "market_trades")
    assert read(empty_database, BARS, "market_bars") == read(database, BARS, "market_bars")
    assert read(empty_database, "sum(rows)", "market_gaps", "WHERE backfill = 'done'") == [(int(lost.sum()),)]
    rows = all_rows(empty_database)
    assert len({(row[3], row[7]) for row in rows["ticks"]}) == len(found)  # number and symbol
    assert not list((tmp_path / "spill").iterdir())
    merge(empty_database, tmp_path)
    assert all_rows(empty_database) == rows
