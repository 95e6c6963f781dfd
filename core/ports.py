"""What the parts need of each other, on one page."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.events import TIMEFRAMES, Batch, Symbols

Clock = Callable[[], int]  # nanoseconds since the epoch, UTC


class Feed(Protocol):
    """Where batches come from. A live socket, a replay and the simulator are the same thing."""

    def __aiter__(self) -> AsyncIterator[Batch]: ...


class Sink(Protocol):
    """Where batches go. `put` never waits; after `close`, `drain` returns once everything taken is out.

    `flush` says that all that follows from one input has been put: a sink that gathers sends now.
    """

    def put(self, batch: Batch) -> None: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...
    async def drain(self) -> None: ...


class Processor(Protocol):
    """The engine, as the loop sees it."""

    def __call__(self, batch: Batch) -> Sequence[Batch]: ...


@dataclass(frozen=True)
class Subscription:
    """What to ask a venue for, and who asks."""

    symbols: tuple[str, ...]
    channels: tuple[str, ...] = ("trades", "quotes")
    key: str = ""
    secret: str = field(default="", repr=False)


@dataclass(slots=True)
class Decoded:
    """What one frame held: batches in the frame's order, the venue's notices, rows refused by reason."""

    batches: list[Batch] = field(default_factory=list)
    notices: list["Notice"] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    book: tuple[int, int, int] | None = None  # a book's change: symbol, the number it follows, its last number


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a venue said about the connection: `connected`, `authenticated`, `subscribed`, `error`…"""

    event: str
    message: str = ""
    code: int = 0
    fatal: bool = False  # trying again will not help: a wrong key, a limit of the account


@dataclass(frozen=True)
class Venue:
    """A venue is four pure things; `feeds/socket.py` does the rest.

    `hello(event, subscription)` is what to send once the connection reached `event` ("open" right after the
    upgrade, then every notice's event), bytes as a binary message, text as text; or None.
    `decode(frame, symbols, ts_recv)` raises BadFrame only. `scanner`
    names the module whose compiled `scan` gives the same rows of plain frames, many times faster (`feeds/scanner.py`).
    """

    name: str
    url: Callable[[Subscription], str]
    hello: Callable[[str, Subscription], bytes | str | None]
    decode: Callable[[bytes, Symbols, int], Decoded]
    headers: Mapping[str, str] = field(default_factory=dict)
    ready: str = "open"  # the event after which data flows
    scanner: str = ""
    numbered: bool = False  # its trade ids rise by one a symbol, so that one which was missed shows
    calendar: Callable[[str], str] = lambda _: ""  # by its address: that of pandas-market-calendars; "": never closed


@dataclass(frozen=True)
class Described:
    """An indicator or strategy of a running engine, in words for people and clients."""

    name: str  # "ema_12"
    call: str  # "ema(12)"
    outputs: tuple[str, ...]  # the columns it fills in a VALUE batch
    about: str


@dataclass(frozen=True)
class Catalogue:
    """The names behind the small integers of one engine's batches."""

    source: str
    symbols: tuple[str, ...]
    timeframes: tuple[str, ...]
    indicators: tuple[Described, ...] = ()
    strategies: tuple[Described, ...] = ()  # SIGNAL.strategy indexes these

    @property
    def outputs(self) -> tuple[str, ...]:
        """The value columns of a VALUE batch, in order; `value_dtype(catalogue.outputs)` is its dtype."""
        return tuple(output for each in (*self.indicators, *self.strategies) for output in each.outputs)


def channels(catalogue: Catalogue) -> list[str]:
    """Every channel whose messages are numbered, in the order POSITION rows mean."""
    strategies = [f"signals.{each.name}" for each in catalogue.strategies]
    return ["trades", "quotes", "signals.*", *strategies, *(f"bars.{name}" for name in TIMEFRAMES)]


@dataclass(frozen=True)
class Page:
    """Rows of an answer, oldest first, and where the next page begins, if there is one."""

    rows: list[dict[str, Any]]  # Any: a column may be a number, a text or a mapping
    next_cursor: str | None


class Reads(Protocol):
    """What REST and services read: `core.history.History` over the database."""

    async def ping(self) -> None: ...
    async def symbols(self) -> list[dict[str, Any]]: ...
    async def has_symbols(self, symbols: Sequence[str]) -> set[str]: ...
    async def bars(
        self,
        symbols: Sequence[str],
        timeframe: str,
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int = 1000,
        cursor: str | None = None,
        origin: str = "engine",
    ) -> Page: ...
    async def values(
        self,
        symbol: str,
        timeframe: str,
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page: ...
    async def signals(
        self,
        symbols: Sequence[str] = (),
        *,
        strategy: str | None = None,
        start: int | None = None,
        end: int | None = None,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page: ...
    async def last_trades(self, symbols: Sequence[str] = (), *, end: int | None = None) -> list[dict[str, Any]]: ...
