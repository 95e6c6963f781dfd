"""Paging: what one page of an answer is asked for, and where the next one goes on."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from core.errors import BadInput
from core.events import ORIGINS, SECOND
from core.moments import EVER, behind, moment, width_of

Row = Mapping[str, Any]  # Any: a column may be a number, a text or a mapping
Span = tuple[int | None, int | None]


class Place(NamedTuple):
    """Where a row lies in the order of all: no two rows of a kind have one place."""

    ts_event: int
    symbol: str
    number: int
    source: str


BEFORE_ALL = Place(EVER[0], "", 0, "")


@dataclass(frozen=True)
class Ask:
    """One page of a kind of rows: `start` ≤ ts_event < `end`, behind the row `after`, where columns have these values.

    Without a symbol all of them. `newest` asks for the last rows of the range, not for the first; both oldest first.
    """

    kind: str  # trades quotes bars values signals
    limit: int = 0
    symbols: Sequence[str] = ()
    start: int = EVER[0]
    end: int = EVER[1]
    after: Place = BEFORE_ALL
    newest: bool = False
    equal: Mapping[str, str] = field(default_factory=dict)  # of source, timeframe, origin, strategy

    @property
    def number(self) -> str:
        """The column that orders rows of one symbol and moment."""
        return "seq_all" if self.kind == "signals" else "seq"

    @property
    def query(self) -> str:
        """The name of the query that answers it."""
        return f"newest_{self.kind}" if self.newest else self.kind

    @property
    def given(self) -> dict[str, Any]:
        """The parameters of that query; BadInput for an unknown timeframe."""
        after = dict(zip(("after_ts", "after_symbol", "after_seq", "after_source"), self.after, strict=True))
        timeframe = self.equal.get("timeframe", "")
        return {
            "symbols": list(self.symbols),
            "start": self.start,
            "end": self.end,
            "limit": self.limit,
            "from": moment(max(self.start, self.after.ts_event)),
            "to": behind(self.end),
            **after,
            "source": self.equal.get("source", ""),
            "strategy": self.equal.get("strategy", ""),
            "timeframe": timeframe,
            "seconds": width_of(timeframe) // SECOND if timeframe else 0,
            "origin": ORIGINS.index(self.equal.get("origin", ORIGINS[0])),
        }

    def place(self, row: Row) -> Place:
        return Place(row["ts_event"], row["symbol"], row[self.number], row["source"])


def asked(
    kind: str, symbols: Sequence[str], span: Span, limit: int, cursor: str | None = None, **equal: str | None
) -> Ask:
    """What a person asks for: without a start and a cursor the newest."""
    start, end = span
    return Ask(
        kind,
        limit,
        symbols,
        EVER[0] if start is None else start,
        EVER[1] if end is None else end,
        decoded(cursor) if cursor else BEFORE_ALL,
        start is None and cursor is None,
        {name: value for name, value in equal.items() if value},
    )


def following(ask: Ask, last: Row | None, rows: int) -> str | None:
    """The cursor that goes on behind a page of so many rows, if there may be more."""
    return None if last is None or ask.newest or rows < ask.limit else encoded(ask.place(last))


def encoded(place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decoded(cursor: str) -> Place:
    """The place a cursor goes on behind; BadInput."""
    try:
        ts, symbol, number, source = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return Place(int(ts), str(symbol), int(number), str(source))
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise BadInput(f"expected the next_cursor of an earlier answer, found {cursor!r}") from None
