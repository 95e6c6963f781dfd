"""The embedded server: two may use it, and root's home stays closed."""

import os
from pathlib import Path

import psycopg
import pytest

from core.errors import BadInput
from core.postgres import Embedded


def test_a_second_starter_attaches_to_the_running_server(server: str) -> None:
    folder = Path(server.partition("host=")[2])
    assert Embedded(folder.parent).start() == server
    with psycopg.connect(server) as connection:
        assert connection.info.server_version >= 160_000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
def test_as_root_a_closed_folder_is_refused_and_not_opened_to_everyone(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    with pytest.raises(BadInput, match=r"who cannot enter .*; choose a data folder"):
        Embedded(closed / "data").start()
    assert closed.stat().st_mode & 0o777 == 0o700
