"""Silence: when a venue that answers pings and sends nothing is taken for a dead one."""

from core.events import SECOND
from feeds.sessions import Sessions

_PATIENCE = 20  # how many times longer than any pause of late a silence has to be
_HALVED = 300 * SECOND  # a pause counts half after so long
_LEAST = 5 * SECOND
_MOST_DOUBLED = 6


class Silence:
    """`opened`, `heard` whenever data came, and `overdue`: a socket that stays open and mute is noticed.

    The limit follows the stream: twenty times the longest pause of late, at least 5 s and at most `most`. When a new
    connection brought nothing either it is twice as long each time: a market that sleeps is not woken.
    """

    def __init__(self, most: int = 60 * SECOND, sessions: Sessions | None = None) -> None:
        self.last = 0  # when data came last, 0 for never
        self.sessions = sessions or Sessions()
        self._most = most
        self._longest = 0.0
        self._since = self._doubled = 0

    @property
    def limit(self) -> int:
        """Nanoseconds that a silence may last; as long as can be while there is nothing to go by."""
        wanted = max(_PATIENCE * self._longest, _LEAST) if self._longest else self._most
        return int(min(wanted, self._most)) << self._doubled

    def opened(self, now: int) -> None:
        """A connection begins; the time without one was no pause."""
        self._since = now

    def heard(self, now: int) -> None:
        pause = now - self.since
        self._longest = max(pause, self._longest * 0.5 ** (pause / _HALVED))
        self.last, self._doubled = now, 0

    @property
    def since(self) -> int:
        """From when on nothing came: the last data, or a connection's begin; 0 before the first."""
        return max(self.last, self._since)

    def overdue(self, now: int, by_venue: int) -> bool:
        """Whether nothing came for too long. While the venue is closed nothing has to, and how it was on one day says
        nothing of how the next begins."""
        if not self.sessions.open_at(by_venue):
            self._since, self._longest, self._doubled = now, 0.0, 0
        return now - self.since > self.limit

    def given_up(self) -> None:
        """A connection was left because it was silent."""
        self._doubled = min(self._doubled + 1, _MOST_DOUBLED)
