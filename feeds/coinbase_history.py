"""Coinbase Exchange's trades of the past, by id, newest first; no key needed.

Ids rise by one a product, so it shows whether an answer is whole; what is long ago is found by halving them. As on the
stream `side` is the maker's.
Source: Coinbase documentation, "Get product trades" and "Exchange REST API Pagination".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta, Struct

from core.errors import Unavailable
from core.events import TRADE, Batch, joined, rows
from feeds.alpaca import nanoseconds
from feeds.asking import Asker
from feeds.inquiry import Question, address

_PAGE = 1_000
_HOSTS = {
    "ws-feed.exchange.coinbase.com": "api.exchange.coinbase.com",
    "ws-direct.exchange.coinbase.com": "api.exchange.coinbase.com",
    "ws-feed-public.sandbox.exchange.coinbase.com": "api-public.sandbox.exchange.coinbase.com",
}


class Past(Struct):
    time: str
    trade_id: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    price: float
    size: float
    side: Literal["buy", "sell"]


_trades = msgspec.json.Decoder(list[Past], strict=False)  # numbers come as text


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, newest first, and the cursor of those before them, if there are any."""

    rows: Batch
    after: int | None

    @property
    def ids(self) -> tuple[int, int]:
        """The first, newest, and the last."""
        return int(self.rows["trade_id"][0]), int(self.rows["trade_id"][-1])

    @property
    def oldest(self) -> int:
        return int(self.rows["ts_event"][-1])


def trades(question: Question) -> Batch:
    asker = Asker(address(question.url, _HOSTS, "api.exchange.coinbase.com"), question.deadline)
    products = [_Product(asker, name, number) for name, number in question.numbers.items()]
    return joined([page.rows for each in products for page in each.pages(question.start, question.end)])


def parsed(body: bytes, number: int) -> Batch:
    """Rows of one product, as the stream's decoder makes them."""
    try:
        return rows(TRADE, [_row(past, number) for past in _trades.decode(body)])
    except (msgspec.DecodeError, ValueError, OverflowError) as error:
        raise Unavailable(f"it answered with trades that are none, {error}; this is worth a bug report") from None


def _row(past: Past, number: int) -> tuple[float, ...]:
    side = 1 if past.side == "sell" else -1  # the maker's: who met an order to sell bought
    return (nanoseconds(past.time), 0, 0, past.trade_id, past.price, past.size, number, side)


class _Product:
    def __init__(self, asker: Asker, name: str, number: int) -> None:
        self._asker, self._name, self._number = asker, name, number

    def pages(self, start: int, end: int) -> Iterator[Page]:
        """Those that hold the range, at least one."""
        page = self._page()
        if len(page.rows) and page.oldest >= end:
            page = self._page(self._near(end, page.ids[1]))
        yield page
        while len(page.rows) and page.oldest >= start and page.ids[1] > 1:
            if page.after is None:
                raise Unavailable(f"its history of {self._name} begins within the range; ask for a younger one")
            page = self._page(page.ids[1], page.after)
            yield page

    def _page(self, before: int | None = None, cursor: int | None = None) -> Page:
        """The newest trades, or those before this id, none left out: what is asked for is the venue's cursor."""
        after = before if cursor is None else cursor
        found, told = self._asked({"limit": _PAGE} if after is None else {"limit": _PAGE, "after": after})
        ids = found["trade_id"].tolist()
        first = (ids[0] if ids else 0) if before is None else before - 1
        if ids != list(range(first, first - len(ids), -1)) or (not ids and first > 1):
            raise Unavailable(f"its trades of {self._name} leave ids out before {first}; what is missing is not known")
        return Page(found, told)

    def _near(self, end: int, newest: int) -> int:
        """An id that is at `end` or later, fewer than a page away from those before it."""
        oldest = 0
        while newest - oldest >= _PAGE:
            middle = (oldest + newest) // 2
            found, _ = self._asked({"limit": 1, "after": middle + 1})
            if len(found) and found["ts_event"][0] >= end:
                newest = middle
            else:
                oldest = middle
        return newest

    def _asked(self, how: dict[str, int]) -> tuple[Batch, int | None]:
        """Trades, newest first, and the cursor of those before them, if there are any."""
        reply = self._asker.get(f"/products/{quote(self._name, safe='')}/trades", **how)
        cursor = reply.headers.get("cb-after", "")
        return parsed(reply.body, self._number), int(cursor) if cursor.isdecimal() else None
