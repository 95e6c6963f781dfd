"""The embedded server: back after a kill, whatever its backends were doing."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from core.postgres import Embedded


@pytest.fixture
def embedded() -> Iterator[Embedded]:
    folder = Path(tempfile.mkdtemp(prefix="candela-test-"))  # not under pytest's own folder, which root keeps closed
    folder.chmod(0o755)
    server = Embedded(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_killed_server_is_back_at_once_and_nothing_of_the_old_one_still_writes(embedded: Embedded) -> None:
    url = embedded.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    busy = psycopg.connect(url, autocommit=True)  # never looks whether its server is still there
    busy.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
    time.sleep(0.2)
    os.kill(int((embedded.folder / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    while embedded.alive():
        time.sleep(0.01)
    assert not gone(busy.info.backend_pid)
    with psycopg.connect(embedded.start()) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    assert gone(busy.info.backend_pid)
    busy.close()


def test_a_second_start_finds_the_first_ones_server(embedded: Embedded) -> None:
    url = embedded.start()
    pid = (embedded.folder / "postmaster.pid").read_text().split()[0]
    assert Embedded(embedded.folder.parent).start() == url
    assert (embedded.folder / "postmaster.pid").read_text().split()[0] == pid
