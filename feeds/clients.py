"""What the local exchange needs of a client of whatever venue: pure, messages in, answers out."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from core.events import Batch
from feeds.played import Verbatim

Frame = bytes | str


class Client(Protocol):
    """What the exchange needs of a connected client."""

    @property
    def listens(self) -> bool:
        """Whether it has asked for anything yet."""
        ...

    @property
    def leaves(self) -> int:
        """The close code it must be sent away with, or 0."""
        ...

    def greeting(self) -> Iterable[Frame]: ...
    def handle(self, message: Frame) -> Iterable[Frame]: ...
    def farewell(self, now: int) -> Iterable[Frame]:
        """What it is told before the exchange goes down for a while."""
        ...

    def frames(self, batches: Sequence[Batch], raw: Verbatim | None) -> Iterable[tuple[Frame, dict[str, int]]]:
        """What it gets of these batches (or of the recorded frame they came from), and the rows by kind."""
        ...
