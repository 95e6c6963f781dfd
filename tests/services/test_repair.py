"""Whatever befalls a feed of the local exchange, in the end all is as if nothing had, or it is marked."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.engine import Engine
from core.errors import Unavailable
from core.events import (
    GAP,
    MISSED,
    NEVER,
    PENDING,
    SECOND,
    TIME,
    TRADE,
    Batch,
    Symbols,
    joined,
    rows,
)  # fmt: skip
from core.moments import EVER
from core.ports import Subscription
from core.remaking import in_order
from feeds import ALPACA
from feeds.exchange import Exchange
from feeds.filling import Past
from feeds.historian import answered
from feeds.inquiry import Question
from feeds.socket import SocketFeed
from indicators import ema, rsi
from strategies import crossover
from tests.core.seen import Seen
from tests.feeds.made import NAMES, exchange, until

SPEED = 20.0
SECONDS = 30
NODES = (ema(3), rsi(5), crossover(3, 8))


class Asked:
    """The exchange's history by REST and alpaca-py, in a thread instead of a process of its own."""

    def __init__(self, venue: Exchange) -> None:
        self._venue = venue

    async def trades(self, names: Sequence[str], start: int, end: int) -> Batch:
        numbers = {name: NAMES.index(name) for name in names}
        question = Question("alpaca", numbers, start, end, self._venue.url("alpaca"), "key", "secret", time.time() + 30)
        return await asyncio.to_thread(answered, question)


class Nothing:
    """A history that has nothing to tell."""

    async def trades(self, _names: Sequence[str], _start: int, _end: int) -> Batch:
        raise Unavailable("it is closed")


@dataclass
class Run:
    """A feed of an exchange from its first trade until all gaps have an answer."""

    engine: Engine
    seen: Seen = field(default_factory=Seen)
    received: list[Batch] = field(default_factory=list)
    missed: list[Batch] = field(default_factory=list)

    async def of(self, venue: Exchange, past: Past) -> None:
        await venue.start()
        began, now = time.time_ns(), time.time_ns
        feed = SocketFeed(
            ALPACA, Subscription(tuple(NAMES), ("trades", "quotes"), "key", "secret"), Symbols(NAMES),
            url=venue.url("alpaca"), clock=lambda: began + int((now() - began) * SPEED), jitter=random.Random(1),
            past=past, backfill_s=0.05, close_delay=int(0.1 * SPEED * SECOND),
        )  # fmt: skip
        listening = asyncio.create_task(self._listen(feed))
        await asyncio.wait_for(venue.finished.wait(), 60)
        await until(lambda: listening.done() or (feed.stats.connected and not self._open))
        await asyncio.sleep(0.2)
        feed.close()
        await listening
        await venue.stop()
        self.seen.hear(self.engine(rows(TIME, [(began + 600 * SECOND, 1)])))
        for _ in range(4):
            self.seen.hear(self.engine(rows(TIME, [(began + 600 * SECOND, 1)])))

    async def _listen(self, feed: SocketFeed) -> None:
        async for batch in feed:
            self.received += [batch] if batch.dtype is TRADE else []
            self.missed += [batch] if batch.dtype is MISSED else []
            self.seen.hear(self.engine(batch))
            self.engine.settle()

    @property
    def gaps(self) -> list[Any]:
        return [row for batch in self.missed for row in batch if CHANNEL[row["channel"]]]

    @property
    def _open(self) -> bool:
        """Whether a gap has no answer yet."""
        ended = {self._key(row) for row in self.gaps if row["to_ts"] != NEVER and row["backfill"] == PENDING}
        return bool(ended - {self._key(row) for row in self.gaps if row["backfill"] != PENDING})

    def _key(self, row: Any) -> tuple[int, ...]:
        return int(row["symbol"]), int(row["from_ts"]), int(row["to_ts"])


CHANNEL = (True, False, False)  # trades, and what cannot be had again


def made(kernels: Path) -> Engine:
    return Engine(Symbols(NAMES, source="test"), ("1s", "5s"), NODES, kernels, lookback=300 * SECOND)


def truth(venue: Exchange) -> Batch:
    trades = in_order(joined([venue.ledger.rows("trades", symbol, *EVER) for symbol in range(len(NAMES))]))
    trades["ts_recv"] = trades["ts_event"]
    return trades


def undisturbed(venue: Exchange, kernels: Path) -> Seen:
    """What an engine makes of all that happened, each trade as it did."""
    engine, seen, trades = made(kernels), Seen(), truth(venue)
    seen.hear(engine(trades))
    seen.hear(engine(rows(TIME, [(int(trades["ts_event"][-1]) + 60 * SECOND, 1)])))
    return seen


def unheard(run: Run, venue: Exchange) -> Batch:
    """What happened and never came over the socket."""
    trades, heard = truth(venue), joined(run.received)
    known = {(row["symbol"].item(), row["trade_id"].item()) for row in heard}
    own = [(row["symbol"].item(), row["trade_id"].item()) not in known for row in trades]
    return trades[np.array(own, dtype=np.bool_)]


def covered(row: Any, gaps: Sequence[Any]) -> bool:
    return any(
        gap["symbol"] == row["symbol"] and gap["from_ts"] <= row["ts_event"] < gap["to_ts"] != NEVER for gap in gaps
    )


async def disturbed(
    kernels: Path, faults: Sequence[str], seed: int = 1, past: Past | None = None
) -> tuple[Run, Exchange]:
    venue = exchange(SECONDS, SPEED, 300.0, faults=faults, seed=seed, rebase=True)
    run = Run(made(kernels))
    await run.of(venue, past or Asked(venue))
    return run, venue


def alike(run: Run, venue: Exchange, kernels: Path) -> None:
    whole = undisturbed(venue, kernels)
    assert sorted(run.seen.trades) == sorted(whole.trades)
    assert run.seen.end == whole.end
    assert GAP not in run.seen.quality.values()
    assert all(covered(row, run.gaps) for row in unheard(run, venue))


FAULTS = {
    "none": [],
    "drop": ["drop@8s", "drop@21s"],
    "mute": ["mute@7s+14s"],
    "slow": ["slow@6s+4s"],
    "restart": ["restart@9s+4s"],
    "dup": ["dup=0.1"],
    "reorder": ["reorder=0.1"],
    "late": ["late=0.05:3s"],
    "corrupt": ["corrupt=0.02"],
    "clock-skew": ["clock-skew=-700ms", "drop@8s"],
    "429": ["429=2", "drop@8s"],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
async def test_what_a_fault_did_is_undone(kernels: Path, faults: list[str]) -> None:
    run, venue = await disturbed(kernels, faults)
    alike(run, venue, kernels)


def mixed(seed: int) -> list[str]:
    chance = random.Random(seed)
    at, span, share = chance.randint, chance.randint, chance.uniform
    lasting = [
        f"drop@{at(3, 26)}s",
        f"mute@{at(3, 12)}s+{span(9, 14)}s",
        f"slow@{at(3, 20)}s+{span(1, 5)}s",
        f"restart@{at(3, 22)}s+{span(1, 5)}s",
    ]
    rates = [
        f"dup={share(0.001, 0.1):.3f}",
        f"reorder={share(0.001, 0.1):.3f}",
        f"late={share(0.001, 0.05):.3f}:{span(100, 4000)}ms",
        f"corrupt={share(0.001, 0.01):.3f}",
        f"clock-skew={chance.choice(('', '-'))}{span(1, 900)}ms",
    ]
    return chance.sample(lasting, chance.randint(1, 3)) + chance.sample(rates, chance.randint(1, 4))


@pytest.mark.parametrize("seed", range(50))
async def test_mixed_faults_are_undone(kernels: Path, seed: int) -> None:
    run, venue = await disturbed(kernels, mixed(seed), seed)
    alike(run, venue, kernels)
