"""The embedded server: back after a kill, whatever its backends were doing, and on TCP where it is told to listen."""

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from pydantic import SecretStr

from core.errors import BadInput
from core.postgres import Embedded
from core.reader import Reader


@pytest.fixture
def embedded() -> Iterator[Embedded]:
    folder = Path(tempfile.mkdtemp(prefix="candela-test-"))  # not under pytest's own folder, which root keeps closed
    folder.chmod(0o755)
    server = Embedded(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def reader() -> Reader:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return Reader("127.0.0.1", free.getsockname()[1], SecretStr("it's 100 % s3cret"))


def pid(embedded: Embedded) -> int:
    return int((embedded.folder / "postmaster.pid").read_text().split()[0])


def killed(embedded: Embedded) -> None:
    os.kill(pid(embedded), signal.SIGKILL)
    while embedded.alive():
        time.sleep(0.01)


def admitted(reader: Reader) -> bool:
    """Whether the reader comes in over TCP; if not, because nothing listens there."""
    try:
        with psycopg.connect(reader.url, password=reader.password.get_secret_value()) as connection:
            return connection.execute("SELECT current_user FROM market_trades LIMIT 0").fetchall() == []
    except psycopg.OperationalError as error:
        if "Connection refused" not in str(error):
            raise
        return False


def answers(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT current_user").fetchone() == ("postgres",)


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_killed_server_is_back_at_once_and_nothing_of_the_old_one_still_writes(embedded: Embedded) -> None:
    url = embedded.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    busy = psycopg.connect(url, autocommit=True)  # never looks whether its server is still there
    busy.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
    time.sleep(0.2)
    killed(embedded)
    assert not gone(busy.info.backend_pid)
    with psycopg.connect(embedded.start()) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    assert gone(busy.info.backend_pid)
    busy.close()


def test_a_second_start_finds_the_first_ones_server(embedded: Embedded) -> None:
    url, first = embedded.start(), pid(embedded)
    assert Embedded(embedded.folder.parent).start() == url
    assert pid(embedded) == first


def test_a_folder_may_have_spaces_in_its_name(embedded: Embedded, reader: Reader) -> None:
    spaced = Embedded(embedded.folder.parent / "my data 100 % 'mine'", reader)
    assert answers(spaced.start())
    assert admitted(reader)
    spaced.stop()


def test_without_a_reader_nothing_listens_on_tcp(embedded: Embedded) -> None:
    embedded.start()
    assert not [each for each in psutil.Process(pid(embedded)).net_connections("inet") if each.status == "LISTEN"]


def test_it_listens_for_a_reader_again_after_a_kill_and_no_longer_once_it_is_unset(
    embedded: Embedded, reader: Reader
) -> None:
    folder = embedded.folder.parent
    listening = Embedded(folder, reader)
    assert answers(url := listening.start())
    assert admitted(reader)
    killed(listening)
    assert listening.start() == url
    assert admitted(reader)
    listening.stop()
    assert answers(embedded.start())
    assert not admitted(reader)
    embedded.stop()
    assert answers(listening.start())  # and set again
    assert admitted(reader)
    listening.stop()


def test_a_server_that_runs_is_not_started_again_for_another_reader(
    embedded: Embedded, reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    url, first = embedded.start(), pid(embedded)
    second = Embedded(embedded.folder.parent, reader)
    assert second.start() == url
    assert (pid(embedded), second.reader) == (first, None)
    assert not admitted(reader)
    said = capsys.readouterr().out
    assert "its Unix socket only" in said
    assert reader.address in said
    killed(embedded)
    assert second.start() == url  # those who have the URL find it again
    assert answers(url)


def test_a_server_that_listens_goes_on_listening_for_those_who_did_not_ask_for_it(
    embedded: Embedded, reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    listening = Embedded(embedded.folder.parent, reader)
    url, first = listening.start(), pid(listening)
    assert embedded.start() == url
    assert pid(embedded) == first
    assert admitted(reader)
    assert reader.address in capsys.readouterr().out
    killed(embedded)
    assert embedded.start() == url
    assert answers(url)
    assert not admitted(reader)  # this one may not let anyone in


def test_a_port_that_is_taken_is_said_before_anything_is_started(embedded: Embedded, reader: Reader) -> None:
    listening = Embedded(embedded.folder.parent, reader)
    with (
        socket.create_server((reader.host, reader.port)),
        pytest.raises(BadInput, match=rf"cannot listen on {reader.address} \(Address already in use\): stop the other"),
    ):
        listening.start()
    assert not listening.alive()
    assert not (listening.folder / "PG_VERSION").exists()
    listening.start()
    assert admitted(reader)
    listening.stop()
