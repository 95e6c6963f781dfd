"""Binance's trades of the past, one by one with the ids of its stream; spot, no key needed.

Where a range begins is found among the aggregate trades, which alone are found by time; then single trades are read by
id. Ids rise by one and times with them: so it shows whether an answer is whole, at both ends and in between. The newest
trade comes from the venue's memory, the rest from its database, which may be behind: it is then waited for.
Source: Binance documentation, "Recent trades list", "Old trade lookup", "Compressed/Aggregate trades list".
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from core.errors import Unavailable
from core.events import TRADE, Batch, joined, rows
from feeds.asking import Asker
from feeds.inquiry import Question, address

_MS = 1_000_000
_PAGE = 1_000
_BEFORE = 100  # trades read before the first: that they are older says that nothing is missing
_HOSTS = {
    "stream.binance.com": "api.binance.com",
    "data-stream.binance.vision": "api.binance.com",  # the host beside it does not tell single trades by id
    "stream.testnet.binance.vision": "testnet.binance.vision",
}
_Told = TypeVar("_Told")


class Past(Struct):
    id: int
    price: float
    qty: float
    time: int
    isBuyerMaker: bool  # noqa: N815 the venue's name


class Aggregate(Struct):
    f: int  # the id of its first trade


_trades = msgspec.json.Decoder(list[Past], strict=False)  # numbers come as text
_aggregates = msgspec.json.Decoder(list[Aggregate])


def trades(question: Question) -> Batch:
    asker = Asker(address(question.url, _HOSTS, "api.binance.com"), question.deadline)
    since, until = max(-(-question.start // _MS), 0), -(-question.end // _MS)  # its times are whole milliseconds
    return joined([parsed(_of(asker, name, since, until), number) for name, number in question.numbers.items()])


def parsed(found: Sequence[Past], number: int) -> Batch:
    """Rows of one symbol, as the stream's decoder makes them."""
    return rows(
        TRADE,
        [
            (past.time * _MS, 0, 0, past.id, past.price, past.qty, number, -1 if past.isBuyerMaker else 1)
            for past in found
        ],
    )


def follows(page: Sequence[Past], expected: int) -> bool:
    """Whether ids rise by one from the expected one on."""
    return all(past.id == expected + place for place, past in enumerate(page))


def _of(asker: Asker, name: str, since: int, until: int) -> list[Past]:
    """All trades from `since` on and before `until`, in milliseconds."""
    newest = _decoded(_trades, asker.get("/api/v3/trades", symbol=name, limit=1).body)
    if not newest or newest[-1].time < since:
        return []
    last = newest[-1].id
    page = _first(asker, name, since)
    found: list[Past] = []
    while True:
        found += (past for past in page if since <= past.time < until)
        follower = page[-1].id + 1
        if page[-1].time >= until or follower > last:
            return found
        page = _page(asker, name, follower)
        if not follows(page, follower):
            raise Unavailable(
                f"its trades of {name} leave ids out behind {follower - 1}; it cannot be told what is missing"
            )


def _first(asker: Asker, name: str, since: int) -> list[Past]:
    """The page on which the range begins."""
    while not (at := _decoded(_aggregates, asker.get("/api/v3/aggTrades", symbol=name, startTime=since, limit=1).body)):
        asker.patience.wait(1.0, f"its history of {name} is behind its newest trade")
    page = _page(asker, name, max(at[0].f - _BEFORE, 0))
    if page[0].time >= since and page[0].id > 1:  # it counts from 0 or 1
        raise Unavailable(f"its history of {name} begins within the range; ask for a younger one")
    if not follows(page, page[0].id):
        raise Unavailable(f"its trades of {name} leave ids out behind {page[0].id}; it cannot be told what is missing")
    return page


def _page(asker: Asker, name: str, first: int) -> list[Past]:
    """The trades from this id on, of which there is one at least."""
    asked: dict[str, str | int] = {"symbol": name, "fromId": first, "limit": _PAGE}
    while not (page := _decoded(_trades, asker.get("/api/v3/historicalTrades", **asked).body)):
        asker.patience.wait(1.0, f"its history of {name} is behind its newest trade")
    return page


def _decoded(decoder: msgspec.json.Decoder[_Told], body: bytes) -> _Told:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unavailable(f"it answered with trades that are none, {error}; this is worth a bug report") from None
