"""A simulated session on a local exchange, and how a test listens to it."""

import asyncio
import functools
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from core.bank import Bank
from core.events import SECOND, Batch, Symbols, kind
from core.moments import EVER
from core.ports import Subscription, Venue
from feeds import ALPACA
from feeds.exchange import Exchange
from feeds.played import Played, played
from feeds.simulated import default_symbols, simulated
from feeds.socket import SocketFeed

NAMES = default_symbols(8)
EVERYTHING = ("trades", "quotes", "bars")
START = 1_700_000_000 * SECOND


def source(seconds: int = 3, rate: float = 1000.0) -> Iterator[Played]:
    return played(simulated(len(NAMES), seed=1, start=START, rate=rate, seconds=seconds))


@functools.cache
def kernels() -> Path:
    return Path(tempfile.mkdtemp(prefix="candela-kernels-"))


def minutes() -> Bank:
    """What makes the exchange's bars."""
    return Bank((), ("1m",), kernels())


def exchange(seconds: int = 3, speed: float = 0.0, rate: float = 1000.0, **options: Any) -> Exchange:
    return Exchange(
        source(seconds, rate), Symbols(NAMES), minutes(), key="key", secret="secret", speed=speed, **options
    )


def subscription(key: str = "key") -> Subscription:
    return Subscription(tuple(NAMES), EVERYTHING, key, "secret")


async def listen(feed: SocketFeed, into: list[Batch]) -> None:
    async for batch in feed:
        into.append(batch)  # noqa: PERF401 a partial list is worth having when a test fails


class Received:
    """A feed of the exchange's while it is entered: `batches`, `rows` by kind."""

    def __init__(self, venue: Exchange, of: Venue = ALPACA, **options: Any) -> None:
        self.batches: list[Batch] = []
        self.feed = SocketFeed(of, subscription(), Symbols(NAMES), url=venue.url(of.name), **options)

    def rows(self) -> Counter[str]:
        return Counter(self.feed.stats.received)

    async def __aenter__(self) -> Self:
        self._listening = asyncio.create_task(listen(self.feed, self.batches))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.feed.close()
        await self._listening


async def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for it to become true."""
    for _ in range(int(seconds * 100)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"it did not become true within {seconds:g} seconds")


def kept(venue: Exchange) -> Counter[str]:
    """How many rows of each kind the history has."""
    return +Counter(
        {what: sum(len(venue.ledger.rows(what, at, *EVER)) for at in range(len(NAMES))) for what in EVERYTHING}
    )


def totals(batches: list[Batch]) -> Counter[str]:
    found = Counter[str]()
    for batch in batches:
        found[kind(batch)] += len(batch)
    del found["time"], found["gaps"]
    return found
