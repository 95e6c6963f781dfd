"""Whatever befalls a feed of the local exchange, in the end all is as if nothing had, or it is marked."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.engine import Engine
from core.errors import Unavailable
from core.events import (
    GAP,
    IMPOSSIBLE,
    MISSED,
    NEVER,
    PARTIAL,
    PENDING,
    SECOND,
    SEQUENCE,
    TIME,
    TRADE,
    Batch,
    Symbols,
    joined,
    rows,
)  # fmt: skip
from core.moments import EVER
from core.ports import Subscription, Venue
from core.remaking import in_order
from feeds import ALPACA, BINANCE, filling
from feeds.exchange import Exchange
from feeds.filling import Past
from feeds.historian import answered
from feeds.history import History
from feeds.inquiry import Question
from feeds.socket import SocketFeed
from indicators import ema, rsi
from strategies import crossover
from tests.core.seen import Seen
from tests.feeds.made import NAMES, minutes, source, until

SPEED = 30.0
SECONDS = 40
NODES = (ema(3), rsi(5), crossover(3, 8))


class Asked:
    """The exchange's history by REST and alpaca-py, in a thread instead of a process of its own."""

    def __init__(self, venue: Exchange, of: str = "alpaca") -> None:
        self._url, self._of = venue.url(of), of

    async def trades(self, names: Sequence[str], start: int, end: int) -> Batch:
        numbers = {name: NAMES.index(name) for name in names}
        question = Question(self._of, numbers, start, end, self._url, "key", "secret", time.time() + 30)
        return await asyncio.to_thread(answered, question)


class Nothing:
    """A history that cannot be had."""

    def __init__(self, _venue: Exchange) -> None:
        pass

    async def trades(self, _names: Sequence[str], _start: int, _end: int) -> Batch:
        raise Unavailable("it is closed")


@dataclass
class Run:
    """A feed of an exchange from its first trade until all gaps have an answer."""

    engine: Engine
    venue: Venue = ALPACA
    seen: Seen = field(default_factory=Seen)
    received: list[Batch] = field(default_factory=list)
    missed: list[Batch] = field(default_factory=list)
    over: bool = False

    def exchange(self, faults: Sequence[str], seed: int = 1) -> Exchange:
        """One whose session lasts until all is well again, but not for ever."""
        lasting = takewhile(lambda _: not self.over, source(20 * SECONDS, 100.0))
        return Exchange(
            lasting, Symbols(NAMES), minutes(), key="key", secret="secret", speed=SPEED, rebase=True, faults=faults,
            seed=seed,
        )  # fmt: skip

    async def of(self, venue: Exchange, past: Callable[[Exchange], Past]) -> None:
        await venue.start()
        began, end = time.time_ns(), list[int]()  # once all is played no more time passes

        def clock() -> int:
            return end[0] if end else began + int((time.time_ns() - began) * SPEED)

        feed = SocketFeed(
            self.venue, Subscription(tuple(NAMES), ("trades", "quotes"), "key", "secret"), Symbols(NAMES),
            url=venue.url(self.venue.name), clock=clock, close_delay=int(0.1 * SPEED * SECOND), jitter=random.Random(1),
            silence_s=7.0, past=past(venue), backfill_s=0.05,
        )  # fmt: skip
        listening = asyncio.create_task(self._listen(feed))
        await until(lambda: listening.done() or (clock() - began > SECONDS * SECOND and not self._cut(feed)))
        self.over = True
        await asyncio.wait_for(venue.finished.wait(), 60)
        await asyncio.sleep(0.1)
        end.append(clock())
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

    def _cut(self, feed: SocketFeed) -> bool:
        """Whether the feed is without data."""
        ended = {int(row["from_ts"]) for row in self.gaps if row["to_ts"] != NEVER}
        return not feed.stats.connected or bool({int(row["from_ts"]) for row in self.gaps} - ended)

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


def truth(venue: Exchange, step: int = 1) -> Batch:
    """All that happened, at moments as fine as a venue tells them."""
    trades = in_order(joined([venue.ledger.rows("trades", symbol, *EVER) for symbol in range(len(NAMES))]))
    trades["ts_event"] = trades["ts_recv"] = trades["ts_event"] // step * step
    return in_order(trades)


def undisturbed(venue: Exchange, kernels: Path, step: int = 1) -> Seen:
    """What an engine makes of all that happened, each trade as it did."""
    engine, seen, trades = made(kernels), Seen(), truth(venue, step)
    seen.hear(engine(trades))
    seen.hear(engine(rows(TIME, [(int(trades["ts_event"][-1]) + 60 * SECOND, 1)])))
    return seen


def unheard(run: Run, venue: Exchange, step: int = 1) -> Batch:
    """What happened and never came over the socket."""
    trades, heard = truth(venue, step), joined(run.received)
    known = {(row["symbol"].item(), row["trade_id"].item()) for row in heard}
    own = [(row["symbol"].item(), row["trade_id"].item()) not in known for row in trades]
    return trades[np.array(own, dtype=np.bool_)]


def covered(row: Any, gaps: Sequence[Any], late: int) -> bool:
    """Whether a gap names the moment of a trade, which may have been so long on its way when the gap began."""
    return any(
        gap["symbol"] == row["symbol"] and gap["from_ts"] - late <= row["ts_event"] < gap["to_ts"] != NEVER
        for gap in gaps
    )


async def disturbed(
    kernels: Path, faults: Sequence[str], seed: int = 1, past: Callable[[Exchange], Past] = Asked
) -> tuple[Run, Exchange]:
    run = Run(made(kernels))
    venue = run.exchange(faults, seed)
    await run.of(venue, past)
    return run, venue


def alike(run: Run, venue: Exchange, kernels: Path, late: int = 0) -> None:
    step = 1_000_000 if run.venue is BINANCE else 1
    whole = undisturbed(venue, kernels, step)
    assert sorted(run.seen.trades) == sorted(whole.trades)
    assert run.seen.end == whole.end
    assert GAP not in run.seen.quality.values()
    assert all(covered(row, run.gaps, late) for row in unheard(run, venue, step))


FAULTS = {
    "none": [],
    "drop": ["drop@8s", "drop@21s"],
    "mute": ["mute@7s+18s"],
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
        f"drop@{at(3, 20)}s",
        f"mute@{at(3, 10)}s+{span(16, 20)}s",
        f"slow@{at(3, 20)}s+{span(1, 4)}s",
        f"restart@{at(3, 16)}s+{span(1, 4)}s",
    ]
    rates = [
        f"dup={share(0.001, 0.1):.3f}",
        f"reorder={share(0.001, 0.1):.3f}",
        f"late={share(0.001, 0.05):.3f}:{span(100, 4000)}ms",
        f"corrupt={share(0.001, 0.01):.3f}",
        f"clock-skew={chance.choice(('', '-'))}{span(1, 900)}ms",
    ]
    return chance.sample(lasting, chance.randint(1, 2)) + chance.sample(rates, chance.randint(1, 4))


@pytest.mark.parametrize("seed", range(50))
async def test_mixed_faults_are_undone(kernels: Path, seed: int) -> None:
    run, venue = await disturbed(kernels, mixed(seed), seed)
    alike(run, venue, kernels, late=4 * SECOND)


@pytest.mark.parametrize("faults", ["drop@8s", "corrupt=0.02", "late=0.03:2s dup=0.05 restart@9s+3s"])
async def test_the_same_with_a_venue_that_numbers_its_trades(kernels: Path, faults: str) -> None:
    run = Run(made(kernels), BINANCE)
    venue = run.exchange(faults.split())
    await run.of(venue, lambda venue: Asked(venue, "binance"))
    alike(run, venue, kernels, late=2 * SECOND)
    if "corrupt=0.02" in faults:
        assert {int(row["reason"]) for row in run.gaps} >= {SEQUENCE}


async def test_a_process_that_asks_fills_as_well(kernels: Path) -> None:
    def past(venue: Exchange) -> History:
        return History("alpaca", NAMES, url=venue.url("alpaca"), key="key", secret="secret")

    run, venue = await disturbed(kernels, ["drop@9s", "late=0.02:2s"], past=past)
    assert run.engine.counts["backfilled"] > 20
    alike(run, venue, kernels, late=2 * SECOND)


async def test_what_no_history_fills_stays_marked(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "_AGAIN_S", (0.05,))
    run, venue = await disturbed(kernels, ["drop@9s", "mute@20s+18s"], past=Nothing)
    whole, seen = undisturbed(venue, kernels), run.seen
    assert {each[8] for each in seen.gaps} == {PENDING, IMPOSSIBLE}
    wrong = [key for key in {*whole.bars, *seen.bars} if whole.bars.get(key) != seen.bars.get(key)]
    assert len(wrong) > 20
    there = [key for key in wrong if key in seen.bars]
    assert {seen.quality["bars", *key] for key in there} <= {GAP, PARTIAL}
    gaps = [each for each in seen.gaps if each[5] == 0 and each[8] == IMPOSSIBLE and not each[6]]
    for symbol, _, closes in (key for key in wrong if key not in seen.bars):  # nothing came: no bar is invented
        assert any(each[3] < closes and each[4] > closes - 5 * SECOND for each in gaps), (symbol, closes)
