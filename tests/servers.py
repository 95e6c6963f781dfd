"""Debian's PostgreSQL, started by the tests that also run there: with TimescaleDB, where that is installed."""

import os
import subprocess
from pathlib import Path

import pytest

_HOME = Path("/usr/lib/postgresql")


class Debian:
    """A server of the newest version installed, on a Unix socket in `folder`."""

    def __init__(self, folder: Path) -> None:
        versions = sorted(_HOME.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3])) if _HOME.is_dir() else []
        if not versions:
            pytest.skip("Debian's PostgreSQL is not installed (apt-get install postgresql)")
        self._bin, self.folder = versions[-1].parent, folder
        self._extensions = Path("/usr/share/postgresql") / versions[-1].parts[-3] / "extension"

    def start(self) -> str:
        options = f"-k {self.folder} -c listen_addresses="
        if (self._extensions / "timescaledb.control").exists():
            options += " -c shared_preload_libraries=timescaledb -c timescaledb.telemetry_level=off"
            options += " -c timescaledb.max_background_workers=1"  # the launcher: jobs run when a test calls them
        if not (self.folder / "data").exists():
            if os.geteuid() == 0:
                subprocess.run(["chown", "postgres", str(self.folder)], check=True)
            self._run("initdb", "-D", f"{self.folder}/data", "-A", "trust", "-U", "postgres", "-E", "UTF8")
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-o", options, "-w", "start")
        return f"postgresql://postgres:@/postgres?host={self.folder}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-m", "fast", "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        """As root, as the user that Debian made for it."""
        user = "postgres" if os.geteuid() == 0 else None
        done = subprocess.run(
            [str(self._bin / program), *arguments], user=user, check=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, cwd="/",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
