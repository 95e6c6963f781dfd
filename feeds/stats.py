"""What a feed has received, refused and been through."""

from collections import Counter
from dataclasses import dataclass, field

from core.events import Batch, kind
from feeds.clock import VenueClock
from feeds.sequence import Sequences


@dataclass
class FeedStats:
    """Rows received by kind, those of them left out since the loop was behind, rows refused by reason, frames that made
    no sense, connections; the venue's numbering, and its clock."""

    received: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    shed: Counter[str] = field(default_factory=Counter)
    frames: int = 0
    bad_frames: int = 0
    connections: int = 0
    connected: bool = False
    sequences: Sequences = field(default_factory=Sequences)
    clock: VenueClock = field(default_factory=VenueClock)

    @property
    def damaged(self) -> int:
        """Frames, and messages of frames, that could not be read: what they held is missing."""
        return self.bad_frames + self.refused["bad_message"]

    def count(self, batch: Batch) -> None:
        self.received[kind(batch)] += len(batch)
