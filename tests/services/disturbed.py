"""A feed of the local exchange that faults befall, and what would be if none had."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

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
)
from core.ports import Subscription, Venue
from core.remaking import in_order
from feeds import ALPACA, BINANCE
from feeds.decoder import Decoder
from feeds.exchange import Exchange
from feeds.filling import Past
from feeds.historian import answered
from feeds.inquiry import Question
from feeds.silence import Silence
from feeds.socket import SocketFeed
from feeds.stats import FeedStats
from feeds.timeline import ANEW
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
    give: Callable[[Batch], Sequence[Batch]] = field(init=False)

    def __post_init__(self) -> None:
        self.give = self._settled

    def _settled(self, batch: Batch) -> Sequence[Batch]:
        made = self.engine(batch)
        self.engine.settle()
        return made

    def exchange(self, faults: Sequence[str], seed: int = 1) -> Exchange:
        """One whose session lasts until all is well again, but not for ever."""
        lasting = takewhile(lambda _: not self.over, source(20 * SECONDS, 100.0))
        return Exchange(
            lasting, Symbols(NAMES), minutes(), key="key", secret="secret", speed=SPEED, rebase=True, faults=faults,
            seed=seed,
        )  # fmt: skip

    async def of(self, venue: Exchange, past: Callable[[Exchange], Past]) -> None:
        await venue.start()
        Decoder(self.venue, Symbols(NAMES), FeedStats(), self.engine.folder)  # what compiles has
        began, end = time.time_ns(), list[int]()  # once all is played no more time passes

        def clock() -> int:
            return end[0] if end else began + int((time.time_ns() - began) * SPEED)

        feed = SocketFeed(
            self.venue, Subscription(tuple(NAMES), ("trades", "quotes"), "key", "secret"), Symbols(NAMES),
            url=venue.url(self.venue.name), clock=clock, close_delay=int(0.1 * SPEED * SECOND), jitter=random.Random(1),
            silence=Silence(7 * SECOND), past=past(venue), backfill_s=0.05, kernels=self.engine.folder,
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
        for _ in range(5):
            self.seen.hear(self.give(rows(TIME, [(began + 600 * SECOND, 1)])))

    async def _listen(self, feed: SocketFeed) -> None:
        async for batch in feed:
            self.received += [batch] if batch.dtype is TRADE else []
            self.missed += [batch] if batch.dtype is MISSED else []
            self.seen.hear(self.give(batch))

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
    trades = in_order(joined([venue.ledger.standing(symbol) for symbol in range(len(NAMES))]))
    trades["ts_event"] = trades["ts_recv"] = trades["ts_event"] // step * step
    return in_order(trades)


def undisturbed(venue: Exchange, kernels: Path, step: int = 1) -> Seen:
    """What an engine makes of all that happened, each trade as it did."""
    engine, seen, trades = made(kernels), Seen(), truth(venue, step)
    seen.hear(engine(trades))
    seen.hear(engine(rows(TIME, [(int(trades["ts_event"][-1]) + 60 * SECOND, 1)])))
    return seen


def unheard(run: Run, venue: Exchange, step: int = 1) -> Batch:
    """What happened and never came over the socket; a corrected trade came when it did as it was before."""
    trades, heard = truth(venue, step), joined(run.received)
    known = {(row["symbol"].item(), row["trade_id"].item()) for row in heard}
    own = [(row["symbol"].item(), row["trade_id"].item() % ANEW) not in known for row in trades]
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
