"""The market process: a feed, the engine and its sinks, wired together."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np

from core.bus import BusServer
from core.engine import REFUSED, Engine
from core.errors import BadInput
from core.events import SECOND, Batch, Symbols
from core.journal import Journal
from core.log import logger
from core.loop import run, settle
from core.node import Group, Node
from core.ports import Feed, Sink, Subscription, Venue
from core.priority import hurry
from core.settings import Group as GroupSettings
from core.settings import Market as MarketSettings
from core.settings import Settings
from core.snapshots import release
from feeds import ALPACA, VENUES
from feeds.history import History
from feeds.sessions import sessions
from feeds.silence import Silence
from feeds.simulated import default_symbols
from feeds.socket import SocketFeed
from feeds.stats import FeedStats
from indicators import indicator
from services.keeping import Keeper
from services.meter import Meter
from services.resuming import begun, follow, gone_on, left
from strategies.files import strategy

Figures = dict[str, Any]  # Any: JSON

_EVERY_S = 1.0


class CountingFeed(Feed, Protocol):
    """A feed that counts and can be closed."""

    stats: FeedStats

    def close(self) -> None: ...


@dataclass
class Market:
    """The parts of a running market process, and its figures."""

    feed: CountingFeed
    engine: Engine
    journal: Journal
    bus: BusServer | None
    meter: Meter
    keeper: Keeper | None = None
    rest: list[Batch] = field(default_factory=list)  # of an earlier run's last call: on no disk, heard by nobody

    def __post_init__(self) -> None:
        self._before, self._announced = self.journal.total, len(self.engine.symbols)

    def figures(self) -> Figures:
        """What has come in and gone where: received == journaled + refused + dropped, once all is drained."""
        stats = self.feed.stats
        refused = Counter(dict(zip(REFUSED, self.engine.refused.tolist(), strict=True))) + stats.refused
        unused = refused.pop("not_used", 0)
        inputs, told = ("trades", "quotes"), self.engine.counts["backfilled"]  # by a history
        latency = {f"p{q}": _microseconds(self.meter.signal_latency.quantile(q / 100)) for q in (50, 99)}
        return {
            "received": dict(stats.received + Counter(refused=sum(stats.refused.values()) - unused, trades=told)),
            "shed": dict(stats.shed),
            "refused": {reason: rows for reason, rows in refused.items() if rows},
            "not_used": unused,
            "bad_frames": stats.bad_frames,
            "breaks": dict(stats.sequences.breaks),
            "connected": stats.connected,
            "late": int(self.engine.bank.lane["late"][0]),
            "published": dict(self.bus.put_rows) if self.bus else {},
            "journaled": dict(self.journal.written),
            "stored": {"rows": max(self.journal.stored - self._before, 0)},
            "dropped": dict(self.journal.dropped),
            "waiting": self.journal.total - self.journal.stored,
            "journal_bytes": self.journal.position - self.journal.oldest,
            "ticks": sum(stats.received[what] for what in inputs),
            **{what: self.meter.rows[what] for what in ("bars", "signals", "gaps")},
            **{what: self.engine.counts[what] for what in ("revised", "backfilled", "amended")},
            "tick_to_signal_us": latency,
            "venue_lag_us": _microseconds(stats.clock.lag),
            "symbols": len(self.engine.symbols),
            "busiest": self.meter.busiest(self.engine.symbols.names),
        }

    def hurry(self) -> bool:
        """Put this thread and the journal's before all others; whether we may."""
        return hurry(0, self.journal.thread)

    async def run(self, report: Callable[[Figures], None]) -> Figures:
        """Carry the feed through until it ends; the final figures."""
        settle()
        reporting = asyncio.create_task(self._report(report))
        # on disk before anyone is told: a number that was heard is never given twice
        sinks: list[Sink] = [self.journal, *([self.bus] if self.bus else []), self.meter]
        self._finish(sinks)
        try:
            await run(self.feed, self._process, sinks, self._settle)
        finally:
            reporting.cancel()
        if self.keeper:
            await self.keeper.last()
        return self.figures()

    def _finish(self, sinks: Sequence[Sink]) -> None:
        """Carry out what an earlier run was killed at."""
        if self.rest:
            self.journal.go_on()
        for sink in sinks:
            for batch in self.rest:
                sink.put(batch)
            sink.flush()
        if self.keeper:
            self.keeper.keep()

    def _settle(self) -> None:
        self.engine.settle()
        if self.keeper:
            self.keeper.settle()

    def _process(self, batch: Batch) -> Sequence[Batch]:
        results = self.engine(batch)
        if len(self.engine.symbols) != self._announced:
            self._announce()
        self.journal.given(batch)
        return results

    def _announce(self) -> None:
        """New symbols were met: sinks must know their names before their rows."""
        self._announced = len(self.engine.symbols)
        self.journal.extend(self.engine.catalogue)
        if self.bus:
            self.bus.announce(self.engine.catalogue)

    async def _report(self, report: Callable[[Figures], None]) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            figures = self.figures()
            report(figures)
            if self.bus:
                self.bus.tell(figures)


async def market(settings: Settings, feed: CountingFeed, symbols: Symbols, bus_url: str = "") -> Market:
    """A market process over `feed`: kernels compiled, journal recovered, engine or numbering resumed, bus up."""
    engine = make_engine(settings, symbols)
    journal = make_journal(settings, symbols.source)
    url = settings.store.url.get_secret_value()
    known = await asyncio.to_thread(left, journal, engine.catalogue, url)
    warm, every_s = None, settings.journal.snapshot_s if isinstance(feed, SocketFeed) else 0.0
    if every_s:
        again = partial(make_engine, settings, symbols)
        engine, warm = await asyncio.to_thread(gone_on, engine, again, journal.folder, known)
    if isinstance(feed, SocketFeed):
        follow(feed, engine, known, warm=warm is not None)
    if warm is None:
        engine.resume(known.numbers, known.missed)
    journal.start(engine.catalogue, engine.numbers, begun(engine, journal.position, known, warm=warm is not None).text)
    bus = BusServer(bus_url, capacity=settings.bus.capacity) if bus_url else None
    if bus:
        await bus.start(engine.catalogue)
    logger().info("market_ready", symbols=len(symbols), kernel=engine.bank.name, warm=warm is not None)
    keeper = Keeper(engine, journal, every_s) if every_s else None
    if not keeper:
        release(journal.folder)
    return Market(feed, engine, journal, bus, Meter(), keeper, warm.rest if warm else [])


def make_journal(settings: Settings, source: str) -> Journal:
    wanted = settings.journal
    return Journal(
        settings.journal_folder / source, file_bytes=wanted.file_mb << 20, limit_bytes=int(wanted.limit_gb * (1 << 30)),
        sync_ms=wanted.sync_ms,
    )  # fmt: skip


def make_engine(settings: Settings, symbols: Symbols) -> Engine:
    wanted = settings.market
    groups = tuple(Group(group.symbols, nodes(group)) for group in wanted.groups.values())
    for name, group in zip(wanted.groups, groups, strict=True):
        if not symbols.grows and not any(map(group.has, symbols.names)):
            raise BadInput(
                f"the group {name!r} has no members: expected some of its symbols ({', '.join(group.symbols)}) among"
                f" those of the feed, such as {', '.join(symbols.names[:5])}; see market.groups"
            )
    return Engine(
        symbols, wanted.timeframes, nodes(wanted), settings.kernel_folder, groups=groups, bars=wanted.bars,
        lookback=int(wanted.lookback_s * SECOND),
    )  # fmt: skip


def nodes(asked: MarketSettings | GroupSettings) -> tuple[Node, ...]:
    """The indicators and strategies that settings ask for, of every symbol or of a group."""
    return (*map(indicator, asked.indicators), *map(strategy, asked.strategies))


def venue_of(settings: Settings) -> Venue:
    """The venue the settings name; the local exchange speaks Alpaca's protocol."""
    return ALPACA if settings.feed.venue == "exchange" else VENUES[settings.feed.venue]


def subscribed(settings: Settings) -> tuple[Venue, Subscription]:
    """The settings' venue and what is asked of it; BadInput when names, a key or an address are missing."""
    feed, local = settings.feed, settings.feed.venue == "exchange"
    names = feed.symbols or (default_symbols(settings.exchange.symbols) if local else ())
    if not names:
        raise BadInput(f"{feed.venue} needs symbols: --symbols AAPL,MSFT or CANDELA__FEED__SYMBOLS=AAPL,MSFT")
    if local and not feed.url:
        raise BadInput("the local exchange has no address: start it with `candela up`, or set CANDELA__FEED__URL")
    key = settings.exchange.key if local else feed.key
    secret = (settings.exchange if local else feed).secret.get_secret_value()
    subscription = Subscription(tuple(names), feed.channels, key, secret)
    venue = venue_of(settings)
    venue.hello("connected", subscription)  # a missing key is said now, not when the venue asks for it
    return venue, subscription


def live_feed(
    settings: Settings, through: Callable[[Venue], Venue] = lambda venue: venue
) -> tuple[SocketFeed, Symbols]:
    """What the settings' venue sends, its frames' scanner compiled; `through` may wrap the venue."""
    feed, (venue, asked) = settings.feed, subscribed(settings)
    symbols = Symbols(asked.symbols, source=feed.venue)
    past = History(venue.name, asked.symbols, url=feed.url, key=asked.key, secret=asked.secret)
    calendar = "" if feed.venue == "exchange" else venue.calendar(feed.url or venue.url(asked))
    return SocketFeed(
        through(venue), asked, symbols, url=feed.url, close_delay=settings.market.close_delay_ms * 1_000_000,
        kernels=settings.kernel_folder, backfill_s=feed.backfill_s, conflate=feed.conflate,
        past=past if settings.market.lookback_s > 0 and "trades" in feed.channels else None,
        silence=Silence(int(feed.silence_s * SECOND), sessions(calendar, time.time_ns())),
    ), symbols  # fmt: skip


def _microseconds(nanoseconds: float) -> float | None:
    return None if np.isnan(nanoseconds) else round(nanoseconds / 1000, 1)
