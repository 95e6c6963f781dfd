"""What a venue sends, as batches in its order: the scanner's where it is sure, the checked `decode`'s for the rest."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import BadFrame
from core.events import QUOTE, Batch, Symbols, joined
from core.log import logger
from core.ports import Notice, Venue
from feeds.scanner import Scanner
from feeds.stats import FeedStats


class Decoder:
    """Frames in, batches out; between the two they wait in a box.

    Without a folder for compiled code every message takes the checked path: the rows are the same.
    """

    def __init__(self, venue: Venue, symbols: Symbols, stats: FeedStats, kernels: Path | None = None) -> None:
        self.scanner = Scanner(venue.scanner, symbols, kernels) if kernels and venue.scanner else None
        self.waiting = self.quotes = 0  # rows in the box, and how many of them are quotes
        self._venue, self._symbols, self._stats = venue, symbols, stats
        self._box: deque[Batch] = deque()

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._box)

    def scanned(self, batches: Sequence[Batch], scanner: Scanner) -> None:
        """Take what the scanner wrote; it counted the rows already."""
        self._stats.frames += scanner.frames
        self.quotes += scanner.rows["quotes"]
        for what, rows in scanner.rows.items():
            self._stats.received[what] += rows
            self.waiting += rows
        self._box.extend(batches)

    def checked(self, message: bytes, ts_recv: int) -> Sequence[Notice]:
        """Take a message of any kind; the notices in it."""
        self._stats.frames += 1
        try:
            decoded = self._venue.decode(message, self._symbols, ts_recv)
        except BadFrame as error:
            self._stats.bad_frames += 1
            logger().warning("bad_frame", venue=self._venue.name, reason=str(error), count=self._stats.bad_frames)
            return ()
        self._stats.refused.update(decoded.refused)
        for batch in decoded.batches:
            self._stats.count(batch)
            self.waiting += len(batch)
            self.quotes += len(batch) if batch.dtype is QUOTE else 0
            self._box.append(batch)
        return decoded.notices

    @property
    def box(self) -> Sequence[Batch]:
        """The batches that wait."""
        return self._box

    def put(self, batch: Batch, place: int | None = None) -> None:
        """Let rows that no frame brought wait in their place, which is behind all others without one."""
        self._box.insert(len(self._box) if place is None else place, batch)

    def taken(self) -> list[Batch]:
        """All that waits, neighbours of one kind joined."""
        found: list[Batch] = []
        alike: list[Batch] = []  # the last of those found and what is to be joined to it
        for batch in self._box:
            if alike and alike[0].dtype is batch.dtype:
                alike.append(batch)
                continue
            if len(alike) > 1:
                found[-1] = joined(alike)
            found.append(batch)
            alike = [batch]
        if len(alike) > 1:
            found[-1] = joined(alike)
        self._box.clear()
        self.waiting = self.quotes = 0
        return found

    def conflate(self) -> Batch:
        """Of the quotes that wait keep the newest of each symbol, in its place; those that are left out."""
        quotes = joined([np.empty(0, dtype=QUOTE), *(batch for batch in self._box if batch.dtype is QUOTE)])
        kept = np.zeros(len(quotes), dtype=np.bool_)
        _, newest = np.unique(quotes["symbol"][::-1], return_index=True)
        kept[len(quotes) - 1 - newest] = True
        found, first = deque[Batch](), 0
        for batch in self._box:
            if batch.dtype is QUOTE:
                first, own = first + len(batch), kept[first : first + len(batch)]
                found.extend([batch[own]] if own.any() else [])
            else:
                found.append(batch)
        self._box, self.quotes = found, int(kept.sum())
        self.waiting -= len(quotes) - self.quotes
        left_out: Batch = quotes[~kept]
        return left_out
