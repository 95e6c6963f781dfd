"""Chaos: the market process, the store and the server are killed at random while rows flow; then rows are counted."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from core.mark import STORED, Mark
from core.postgres import Embedded
from tests.chaos.rows import SYMBOLS, WRONG, Told

ROOT = Path(__file__).parents[2]
VICTIMS = {
    ("market",): 35,
    ("store",): 35,
    ("server",): 10,
    ("market", "store"): 10,
    ("store", "server"): 5,
    ("market", "store", "server"): 5,
}


@dataclass
class Found:
    """What was in the database after all: rows, and how many were lost, doubled or not what they had to be."""

    kills: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    others: dict[str, int] = field(default_factory=dict)  # tables whose rows are not numbered 1, 2, 3… once each

    def __str__(self) -> str:
        return (
            f"{sum(self.kills.values())} kills {dict(self.kills)}: {self.rows:,} rows, {self.lost} lost,"
            f" {self.doubled} doubled, {self.wrong} wrong; other tables {self.others}"
        )


class Chaos:
    """The three of them, in a folder that the database's own user can enter."""

    def __init__(self, folder: Path, *, rate: float = 20_000, store: str = "gateway.cli serve store") -> None:
        self._embedded = Embedded(folder)
        self.url = self._embedded.start()
        self.told = Told(folder / "told")
        self._folder, self._store = folder, store.split()
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith("CANDELA__")} | {
            "CANDELA__DATA__FOLDER": str(folder), "CANDELA__STORE__URL": self.url, "CANDELA__STORE__FLUSH_MS": "5",
            "CANDELA__JOURNAL__FILE_MB": "1", "CANDELA__MARKET__TIMEFRAMES": "1s,5s", "CHAOS_RATE": str(rate),
            "CHAOS_TOLD": str(folder / "told"),
        }  # fmt: skip
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("store", "market"):
            self._start(name)

    def kill(self, victims: tuple[str, ...]) -> None:
        """Kill them at once, then start them again, the server first."""
        note = self._folder / "postgres/postmaster.pid"
        server = int(note.read_text().split()[0]) if "server" in victims else 0
        for name in victims:
            os.kill(server if name == "server" else self._processes[name].pid, signal.SIGKILL)
        if server:
            self._revive(server)
        for name in victims:
            if name != "server":
                _ended(self._processes[name])
                self._start(name)
        self._tend()

    def _tend(self) -> None:
        """Start the store again when it began while the server was away (3), as `candela up` does."""
        if self._processes["store"].poll() == 3:
            _ended(self._processes["store"])
            self._start("store")

    def flowing(self, seconds: float = 60.0) -> None:
        """Wait until rows are journaled again."""
        before, end = self.told.read(), time.monotonic() + seconds
        while self.told.read() == before:
            if time.monotonic() > end or self._processes["market"].poll() is not None:
                raise AssertionError(f"no rows flow any more; see {self._folder}/log.txt")
            time.sleep(0.01)

    def stop(self) -> None:
        """End in order; the store carries over what is left."""
        for name in ("market", "store"):
            end = time.monotonic() + 60
            while name == "store" and self._waiting() and time.monotonic() < end:
                self._tend()
                time.sleep(0.1)  # it may only just have been started
            if self._processes[name].poll() is None:
                self._processes[name].terminate()
            if self._processes[name].wait(90) != 0:
                raise AssertionError(
                    f"the {name} ended with {self._processes[name].returncode}; see {self._folder}/log.txt"
                )

    def _waiting(self) -> int:
        folder = self._folder / "journal/chaos"
        durable, stored = Mark.read(folder), Mark.read(folder, STORED)
        return durable.total - stored.total if durable is not None and stored is not None else 1

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()
            _ended(process)
        self._embedded.stop()

    def count(self, found: Found) -> Found:
        numbered = {
            "bars": "symbol_id, timeframe", "signals": "symbol_id, strategy_id",
        }  # fmt: skip
        with psycopg.connect(self.url) as connection:
            last = self.told.read()
            ask = "SELECT symbol, count(*), count(DISTINCT seq), max(seq) FROM market_trades GROUP BY 1"
            by_symbol = {symbol: rest for symbol, *rest in connection.execute(ask)}
            for symbol in SYMBOLS:
                rows, distinct, most = by_symbol.get(symbol, (0, 0, 0))
                found.rows += rows
                found.lost += max(most, last) - distinct
                found.doubled += rows - distinct
            found.wrong = connection.execute(f"SELECT count(*) FROM market_trades WHERE {WRONG}").fetchone()[0]  # type: ignore[index]
            for table, keys in numbered.items():
                ask = (
                    f"SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY {keys}"
                    " HAVING count(*) <> count(DISTINCT seq) OR count(*) <> max(seq)) t"
                )
                found.others[table] = connection.execute(ask).fetchone()[0]  # type: ignore[index]
            ask = "SELECT count(*) - count(DISTINCT (symbol_id, timeframe, indicator_id, seq)) FROM indicator_values"
            found.others["indicator_values"] = connection.execute(ask).fetchone()[0]  # type: ignore[index]
        return found

    def _start(self, name: str) -> None:
        command = ["tests.chaos.market"] if name == "market" else self._store
        with (self._folder / "log.txt").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=self._environ, stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip

    def _revive(self, server: int) -> None:
        while psutil.pid_exists(server) and psutil.Process(server).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        self._embedded.start()


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def run(folder: Path, kills: int, *, seed: int, tell: bool = False) -> Found:
    """`kills` random kills, then an orderly end, then the count."""
    chaos, chance, found = Chaos(folder), random.Random(seed), Found()
    try:
        while sum(found.kills.values()) < kills:
            chaos.flowing()
            time.sleep(chance.uniform(0, 0.7))
            (victims,) = chance.choices(list(VICTIMS), list(VICTIMS.values()))
            chaos.kill(victims)
            found.kills.update(victims)
            if tell:
                done, rows = sum(found.kills.values()), chaos.told.read() * len(SYMBOLS)
                print(f"\r{done} kills, {rows:,} rows", end="", flush=True)  # noqa: T201 for whoever waits
        chaos.flowing()
        chaos.stop()
        return chaos.count(found)
    finally:
        chaos.close()
