"""`candela up`: everything on one machine, started, watched and ended in order."""

import asyncio
import fcntl
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import IO, Any

from core.config import PREFIX
from core.errors import BadInput, CandelaError, Unavailable
from core.log import logger
from core.postgres import Embedded
from core.reader import Reader, reader_of
from core.remaining import remaining
from core.settings import Settings
from feeds.faults import Plan
from gateway.address import check_address
from gateway.children import Child, Figures
from services.market import subscribed

Show = Callable[[Figures], None]
# Damaged rows whose kind is unknown may be inputs: none too few are said.
_INPUTS = ("trades", "quotes", "amendments", "unknown")


class Platform:
    """Database, exchange (when it is the venue), store, market and gateway. `addresses` is filled by `start`."""

    def __init__(
        self, settings: Settings, arguments: list[str], environ: Mapping[str, str], faults: Sequence[str] = ()
    ) -> None:
        self.addresses: dict[str, str] = {}
        self.settings = settings
        self._arguments, self._environ, self._faults = arguments, dict(environ), faults
        self._embedded: Embedded | None = None
        self._children: dict[str, Child] = {}
        self._failed: CandelaError | None = None
        self._ended = asyncio.Event()
        self._began = time.monotonic()

    async def start(self) -> None:
        """Start everything; whatever is wrong with the settings is said before anything is started."""
        settings = self.settings
        reader = self._checked()
        self._environ[f"{PREFIX}BUS__URL"] = settings.bus.url or f"unix://{settings.data.folder}/bus.sock"
        if not settings.store.url.get_secret_value():
            self._embedded = Embedded(settings.data.folder, reader)
            self._environ[f"{PREFIX}STORE__URL"] = await asyncio.to_thread(self._embedded.start)
            self._environ |= {f"{PREFIX}STORE__PORT": "0", f"{PREFIX}STORE__READER_PASSWORD": ""}  # not theirs
            if self._embedded.reader:
                self.addresses["database"] = self._embedded.reader.url
        if settings.feed.venue == "exchange":
            told = await self._begin("exchange")
            self.addresses["exchange"] = told["address"]
            self._environ[f"{PREFIX}FEED__URL"] = told["address"]
            self._environ[f"{PREFIX}EXCHANGE__PORT"] = str(told["port"])  # the same one after a restart
        await self._begin("store")
        await self._begin("market")
        self.addresses["gateway"] = (await self._begin("gateway"))["address"]

    def _checked(self) -> Reader | None:
        """Raise what is wrong with the settings; who may read the database over TCP."""
        check_address(self.settings)
        Plan(self._faults)
        if self.settings.feed.venue != "exchange":
            subscribed(self.settings)
            if self._faults:
                found = self.settings.feed.venue
                raise BadInput(f"--fault is for the local exchange: expected --feed exchange, found {found}")
        return reader_of(self.settings.store)

    async def watch(self, show: Show) -> None:
        """Show figures every second until asked to stop; a child that failed for good is raised."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ended.set)
        while not self._ended.is_set():
            show(self.figures())
            await self._tend()
            try:
                await asyncio.wait_for(self._ended.wait(), 1.0)
            except TimeoutError:
                continue
        if self._failed is not None:
            raise self._failed

    async def _tend(self) -> None:
        """Start the embedded database again when it died: signals go on meanwhile, and rows wait in the journal."""
        if self._embedded is None or self._embedded.alive():
            return
        logger().warning("database_died", folder=str(self._embedded.folder))
        try:
            await asyncio.to_thread(self._embedded.start)
        except (BadInput, Unavailable) as error:  # something still runs, or took its port: again in a second
            logger().warning("database_not_back", error=str(error))

    async def stop(self) -> Figures:
        """End by closing, sources first: exchange, market, store (carries over what is left), gateway, database."""
        final: Figures = {}
        for name in ("exchange", "market", "store", "gateway"):
            if name in self._children:
                final[name] = await self._children[name].stop()
        if "store" in final:  # looked at from here: the process may have been killed
            left = await asyncio.to_thread(remaining, self.settings.journal_folder)
            final["store"] = {**final["store"], "remaining": dict(left)}
        if self._embedded is not None:
            await asyncio.to_thread(self._embedded.stop)
        return final

    def figures(self) -> Figures:
        told = {name: child.figures for name, child in self._children.items()}
        restarts = {name: child.restarts for name, child in self._children.items() if child.restarts}
        return {**told, "restarts": restarts, "up_s": round(time.monotonic() - self._began, 1)}

    async def _begin(self, name: str) -> Figures:
        faults = [f"--fault={spec}" for spec in self._faults] if name == "exchange" else []
        child = self._children[name] = Child(name, [*self._arguments, *faults], self._environ)
        return await child.start(self._give_up)

    def _give_up(self, error: CandelaError) -> None:
        self._failed = error
        self._ended.set()


async def up(platform: Platform, show: Show, ready: Show) -> Figures:
    """Run the platform until SIGINT or SIGTERM; the summary of what went where."""
    with ExitStack() as stack:
        stack.enter_context(_alone(platform.settings))
        try:
            await platform.start()
            ready({"addresses": platform.addresses})
            await platform.watch(show)
        finally:
            final = await platform.stop()
    return summary(final)


def summary(final: Figures) -> Figures:
    """received == stored + dropped, by kind, with every dropped row under a name."""
    market: dict[str, Any] = final.get("market", {})
    store: dict[str, Any] = final.get("store", {})
    received = sum(market.get("received", {}).values())
    rows = Counter(market.get("journaled", {}))
    rows.subtract(store.get("remaining", {}))
    rows.subtract(store.get("lost", {}))
    beside = market.get("received", {}).get("bars", 0)  # the venue's bars: some only drive the nodes
    dropped = {f"refused: {reason}": count for reason, count in market.get("refused", {}).items()}
    for why, counts in (
        ("conflated", market.get("shed", {})),
        ("not written", market.get("dropped", {})),
        ("not stored", store.get("lost", {})),
        ("left in the journal", store.get("remaining", {})),
    ):
        dropped |= {f"{why}: {what}": count for what, count in counts.items() if what in _INPUTS and count}
    stored = sum(rows[what] for what in _INPUTS) + beside
    sent = final.get("exchange", {}).get("sent", {})
    logger().info("stopped", received=received, stored=stored, dropped=dropped)
    return {
        "sent_by_exchange": sum(sent.values()) if sent else None,
        "received": received,
        "stored": stored,
        "dropped": dropped,
        "balanced": received == stored + sum(dropped.values()),
        "rows": {what: count for what, count in rows.items() if count > 0},
        **_beside(market, final.get("exchange", {})),
    }


def _beside(market: Figures, exchange: Figures) -> Figures:
    """What was made of it, and what the exchange says of its faults, if it had any."""
    made = {
        "breaks": market.get("breaks", {}),
        **{what: market.get(what, 0) for what in ("bars", "signals", "backfilled", "amended")},
    }
    return made | {name: exchange[name] for name in ("faults", "withheld", "repeated") if name in exchange}


def _alone(settings: Settings) -> IO[str]:
    """The lock of the data folder, held while open: one platform at a time."""
    settings.data.folder.mkdir(parents=True, exist_ok=True)
    lock = (settings.data.folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise BadInput(
            f"another Candela is running on {settings.data.folder}; stop it, or choose another folder with --data"
        ) from None
    return lock
