"""Alpaca's trades of the past, by its own client: stocks and crypto.

The client's models cut times to microseconds, so what it was answered is read as it came. It pages by itself; what it
lacks, a time limit and a look at Retry-After, its session is given. A symbol that Alpaca does not know has no trades,
here as on its stream.
Source: Alpaca documentation, "Historical trades" and "Historical crypto trades".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
import numpy as np
from alpaca.common.exceptions import APIError
from alpaca.data.enums import DataFeed
from alpaca.data.historical import CryptoHistoricalDataClient, StockHistoricalDataClient
from alpaca.data.requests import CryptoTradesRequest, StockTradesRequest
from msgspec import Meta, Struct
from requests import PreparedRequest, RequestException, Response, Session
from requests.adapters import HTTPAdapter

from core.errors import Unavailable
from core.events import TRADE, Batch, rows
from feeds.alpaca import nanoseconds
from feeds.alpaca_crypto import SIDES
from feeds.inquiry import Question, address
from feeds.patience import BUSY, Patience, busy, pause, refused, unreachable

Told = Mapping[str, Sequence[Any]]  # Any: JSON, trades by symbol
Ask = Callable[[dict[str, Any]], Told]  # Any: what a request takes

_HOSTS = {
    "stream.data.alpaca.markets": "data.alpaca.markets",
    "stream.data.sandbox.alpaca.markets": "data.sandbox.alpaca.markets",
}
_TAKEN_BACK = ("canceled", "incorrect")  # what a correction brought, "corrected", is a trade like others
_AT_ONCE = 500  # symbols in one address
_MOST = 500_000  # trades in one answer: the client holds them as objects, some 350 MB
_1970 = datetime(1970, 1, 1, tzinfo=UTC)


class Past(Struct):
    t: str
    p: float
    s: float
    i: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    tks: str = ""
    u: str = ""


def stocks(question: Question) -> Batch:
    """Of the feed the stream is of, as /v2/sip says; IEX where nothing is said."""
    if not (question.key and question.secret):
        raise Unavailable("Alpaca's history needs a key: set CANDELA__FEED__KEY and CANDELA__FEED__SECRET")
    base = _base(question)
    client = StockHistoricalDataClient(question.key, question.secret, raw_data=True, url_override=base)
    feed = _feed(question.url)
    return _asked(question, client, lambda asked: client.get_stock_trades(StockTradesRequest(feed=feed, **asked)))


def crypto(question: Question) -> Batch:
    """With the taker's side. A key is not needed; with one more may be asked."""
    key, secret = (question.key, question.secret) if question.key and question.secret else (None, None)
    client = CryptoHistoricalDataClient(key, secret, raw_data=True, url_override=_base(question))
    return _asked(question, client, lambda asked: client.get_crypto_trades(CryptoTradesRequest(**asked)))


def parsed(told: Told, numbers: Mapping[str, int]) -> Batch:
    """Rows of trades by symbol, as the stream's decoder makes them; without price and size those taken back since."""
    try:
        return rows(TRADE, _rows(told, numbers))
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise Unavailable(f"it answered with trades that are none, {error}; this is worth a bug report") from None


def _rows(told: Told, numbers: Mapping[str, int]) -> Iterator[tuple[float, ...]]:
    for name, trades in told.items():
        for past in msgspec.convert(trades, list[Past]):
            price, size = (np.nan, 0.0) if past.u in _TAKEN_BACK else (past.p, past.s)
            yield (nanoseconds(past.t), 0, 0, past.i, price, size, numbers[name], SIDES.get(past.tks, 0))


def _base(question: Question) -> str:
    return address(question.url, _HOSTS, "data.alpaca.markets")


def _feed(url: str) -> str:
    name = urlsplit(url).path.rpartition("/")[2] or "iex"
    if name == "delayed_sip":
        return "sip"  # late on the stream only
    if name not in {feed.value for feed in DataFeed}:
        raise Unavailable(f"its stream {name!r} has no history; subscribe to /v2/iex or /v2/sip")
    return name


def _asked(question: Question, client: Any, ask: Ask) -> Batch:  # Any: alpaca-py ships no types
    patience = Patience(question.deadline)
    base = _base(question)
    session: Session = client._session  # noqa: SLF001 it takes none of ours
    session.trust_env = base.startswith("https:")  # no proxy to the local exchange
    session.mount(base, _Patient(patience))
    try:
        return parsed(_all(question, ask), question.numbers)
    except APIError as error:
        raise refused(error.status_code or 0, str(error).encode(), keyed=True) from None
    except RequestException as error:
        raise unreachable(base, error) from None


def _all(question: Question, ask: Ask) -> Told:
    """Times are asked for in microseconds, both ends included: too much rather than too little."""
    span = {"start": _moment(question.start // 1000), "end": _moment(-(-question.end // 1000))}
    names = list(question.numbers)
    found: dict[str, Sequence[Any]] = {}  # Any: JSON
    for first in range(0, len(names), _AT_ONCE):
        some = names[first : first + _AT_ONCE]
        try:
            found |= ask({**span, "symbol_or_symbols": some, "limit": _MOST})
        except (ValueError, TypeError, AttributeError) as error:
            if isinstance(error, RequestException):
                raise  # no JSON
            raise Unavailable(f"it answered with no page of trades, {error}; try again later") from None
        if sum(map(len, found.values())) >= _MOST:
            raise Unavailable(f"there are {_MOST:,} trades or more; ask for a shorter range or for fewer symbols")
    return found


def _moment(microseconds: int) -> datetime:
    return _1970 + timedelta(microseconds=microseconds)


class _Patient(HTTPAdapter):
    """A way of asking that ends, and that waits as long as the venue says."""

    def __init__(self, patience: Patience) -> None:
        super().__init__()
        self._patience = patience

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:  # Any: as requests has them
        for attempt in count():
            options["timeout"] = self._patience.left()
            response = super().send(request, *args, **options)
            if response.status_code not in BUSY:
                return response
            body = response.content
            response.close()
            self._patience.wait(
                pause(response.headers.get("Retry-After", ""), attempt), busy(response.status_code, body)
            )
        raise AssertionError  # it counts for ever
