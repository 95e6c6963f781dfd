"""A market process that is killed in mid-session and started again: in the end all is as if nothing had been."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.calls import Call, calls
from core.engine import Engine
from core.events import DONE, GAP, NOT_RUNNING, SECOND, TIME, Symbols, rows
from core.records import files
from core.snapshots import snapshots
from feeds.exchange import Exchange
from indicators import ema, rsi
from services.trading.parity import checked
from strategies import crossover
from tests.command import CANDELA, CLEAN, ROOT
from tests.core.seen import Seen
from tests.feeds.made import NAMES, minutes, source
from tests.services.disturbed import truth

NODES = (ema(3), rsi(5), crossover(3, 8))
SECONDS = 22

CONFIG = """
[data]
folder = "{folder}"
[feed]
venue = "exchange"
symbols = {names}
url = "{url}"
channels = ["trades", "quotes"]
backfill_s = 0.2
[exchange]
key = "key"
secret = "secret"
[market]
timeframes = ["1s", "5s"]
indicators = ["ema(3)", "rsi(5)"]
strategies = ["crossover(3, 8)"]
realtime = false
[journal]
snapshot_s = {snapshot_s}
[store]
url = "{database}"
"""


@dataclass
class Process:
    """`candela serve market`, which is killed and started again."""

    folder: Path
    log: Path = field(init=False)
    running: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.log = self.folder / "log.txt"

    @property
    def journal(self) -> Path:
        return self.folder / "journal/exchange"

    def start(self) -> None:
        command = [*CANDELA, "serve", "market", "--config", str(self.folder / "candela.toml")]
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=ROOT, env=CLEAN)

    def end(self, number: int) -> int:
        assert self.running is not None
        assert self.running.stdin is not None
        if self.running.poll() is None:
            os.kill(self.running.pid, number)
        code = self.running.wait(60)
        self.running.stdin.close()
        self.running = None
        return code

    def seen(self) -> Seen:
        """What whoever follows the journal has seen."""
        seen = Seen()
        for each in calls(files(self.journal)):
            if isinstance(each, Call):
                seen.hear(each.made)
        return seen

    def values(self) -> int:
        return len(self.seen().values)


@pytest.fixture
def process(tmp_path: Path, kernels: Path) -> Iterator[Process]:
    (tmp_path / "kernels").symlink_to(kernels)
    found = Process(tmp_path)
    yield found
    if found.running is not None:
        found.end(signal.SIGKILL)


def undisturbed(venue: Exchange, kernels: Path) -> Seen:
    engine = Engine(Symbols(NAMES, source="exchange"), ("1s", "5s"), NODES, kernels, lookback=300 * SECOND)
    seen, trades = Seen(), truth(venue)
    seen.hear(engine(trades))
    seen.hear(engine(rows(TIME, [(int(trades["ts_event"][-1]) + 60 * SECOND, 1)])))
    return seen


@pytest.mark.parametrize(
    ("kills", "snapshot_s"),
    [((8,), 0.5), ((30,), 60.0), ((20, 40), 1.0)],
    ids=["early", "with the first snapshot only", "twice"],
)
async def test_a_killed_market_goes_on_as_if_it_had_not_been(
    process: Process, database: str, kernels: Path, kills: tuple[int, ...], snapshot_s: float
) -> None:
    venue = Exchange(
        source(SECONDS, 100.0), Symbols(NAMES), minutes(), key="key", secret="secret", speed=1.0, rebase=True
    )
    await venue.start()
    await through(process, venue, database, kills, snapshot_s)
    whole, last = undisturbed(venue, kernels), int(truth(venue)["ts_event"][-1])
    await venue.stop()
    seen, log = process.seen(), process.log.read_text()
    assert log.count('"event": "warm"') == len(kills), log
    filled = {each[3:5] for each in seen.gaps if each[7] == NOT_RUNNING and each[8] == DONE}
    assert len(filled) == len(kills), log
    assert sorted(seen.trades) == sorted(whole.trades)
    for ours, theirs in zip(seen.end, whole.end, strict=True):  # what closes behind the last trade, time alone closes
        assert {key: says for key, says in ours.items() if key[2] <= last} == {
            key: says for key, says in theirs.items() if key[2] <= last
        }
    assert len(whole.values) > 100
    assert len(whole.signals) > 0
    assert all(quality != GAP for (*_, ts), quality in seen.quality.items() if ts <= last)
    found = checked(calls(files(process.journal)), kernels)
    assert found.identical
    assert len(found.runs) == 1


async def through(process: Process, venue: Exchange, database: str, kills: tuple[int, ...], snapshot_s: float) -> None:
    """The whole session, with a kill when there are so many rows of values in the journal."""
    settings = {"folder": process.folder, "names": NAMES, "url": venue.url("alpaca"), "database": database}
    text = CONFIG.format(**settings, snapshot_s=snapshot_s).replace("'", '"')
    (process.folder / "candela.toml").write_text(text)
    process.start()
    for wanted in kills:
        while process.values() < wanted or not snapshots(process.journal):
            assert not venue.finished.is_set()
            await asyncio.sleep(0.05)
        await asyncio.to_thread(process.end, signal.SIGKILL)
        await asyncio.sleep(0.5)
        process.start()
    await asyncio.wait_for(venue.finished.wait(), 120)
    await asyncio.sleep(3)  # the last gap is filled
    assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0, process.log.read_text()
