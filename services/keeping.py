"""Keeping: snapshots of a running engine, on a timer, as its run begins and as it ends."""

import asyncio
import time

from core.engine import Engine
from core.image import taken
from core.journal import Journal
from core.log import logger
from core.mark import NEEDED, Mark
from core.snapshots import Snapshots


class Keeper:
    """`settle` between two calls, on the loop; what is dear is done by a thread. `last` once all is over."""

    def __init__(self, engine: Engine, journal: Journal, every_s: float) -> None:
        self._engine, self._journal, self._every_s = engine, journal, every_s
        mark = Mark.made(journal.folder, journal.stream, engine.symbols.source, NEEDED)
        self._snapshots, self._durable = (
            Snapshots(journal.folder, mark),
            Mark.made(journal.folder, journal.stream, engine.symbols.source),
        )
        self._due = time.monotonic() + every_s

    def settle(self) -> None:
        if time.monotonic() >= self._due and not self._snapshots.busy:
            self.keep()

    def keep(self) -> None:
        """Take an image, and have it written."""
        began = time.monotonic()
        self._due = began + self._every_s
        journal = self._journal
        journal.write()  # all that was given is in the journal, up to here
        image = taken(self._engine, journal.stream.bytes, journal.position, journal.total)
        self._snapshots.keep(image, lambda: self._durable.position >= image.head.position)
        held_ms = round((time.monotonic() - began) * 1e3, 2)
        logger().info("snapshot", position=image.head.position, loop_held_ms=held_ms)

    async def last(self) -> None:
        """The end: the journal is closed, and all of it durable."""
        await asyncio.to_thread(self._snapshots.wait)
        self.keep()
        await asyncio.to_thread(self._snapshots.wait)
