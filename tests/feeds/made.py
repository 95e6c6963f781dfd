"""A simulated session on a local exchange, and how a test listens to it."""

import functools
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.bank import Bank
from core.events import SECOND, Batch, Symbols, kind
from core.ports import Subscription
from feeds.exchange import Exchange, Played, played
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


def exchange(seconds: int = 3, speed: float = 0.0, **options: Any) -> Exchange:
    return Exchange(source(seconds), Symbols(NAMES), minutes(), key="key", secret="secret", speed=speed, **options)


def subscription(key: str = "key") -> Subscription:
    return Subscription(tuple(NAMES), EVERYTHING, key, "secret")


async def listen(feed: SocketFeed, into: list[Batch]) -> None:
    async for batch in feed:
        into.append(batch)  # noqa: PERF401 a partial list is worth having when a test fails


def totals(batches: list[Batch]) -> Counter[str]:
    found = Counter[str]()
    for batch in batches:
        found[kind(batch)] += len(batch)
    del found["time"], found["gaps"]
    return found
