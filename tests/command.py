"""The real `candela` command, run by tests."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from core.postgres import Embedded

ROOT = Path(__file__).parents[1]
CANDELA = [sys.executable, "-m", "gateway.cli"]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("CANDELA__")}


class Up:
    """A running `candela up --json`."""

    def __init__(self, folder: Path, *arguments: str, **environ: str) -> None:
        self.log = (folder / "log.txt").open("w+")
        self.process = subprocess.Popen(
            [*CANDELA, "up", "--json", "--port", "0", "--data", str(folder), *arguments],
            stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=ROOT, env={**CLEAN, **environ},
        )  # fmt: skip

    def told(self, key: str) -> Any:
        """The next line that has `key`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if key in (told := json.loads(line)):
                return told[key]
        self.log.seek(0)
        raise AssertionError(f"it ended without telling {key}: {self.log.read()[-2000:]}")

    def child(self, name: str) -> psutil.Process:
        found = psutil.Process(self.process.pid).children()
        return next(child for child in found if name in child.cmdline())

    def stop(self) -> dict[str, Any]:
        self.process.send_signal(signal.SIGTERM)
        summary: dict[str, Any] = self.told("summary")
        assert self.process.wait(30) == 0
        return summary

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()


def counted(folder: Path, *tables: str) -> list[int]:
    """Rows in the stopped platform's database, as psycopg counts them."""
    embedded = Embedded(folder)
    url = embedded.start()
    try:
        with psycopg.connect(url) as connection:
            return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]  # type: ignore[index]
    finally:
        embedded.stop()


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CANDELA, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**CLEAN, **environ},
        timeout=90,
    )
