"""Binance's public combined stream: JSON, no key; spot and USD-M futures.

Spot's bookTicker carries no time of its own: its ts_event is our ts_recv.
Source: Binance documentation, "WebSocket Streams" (spot) and "Websocket Market Streams" (USD-M futures).
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from core.errors import BadFrame
from core.events import QUOTE, TRADE, Batch, Symbols, rows
from core.ports import Decoded, Notice, Subscription, Venue

_MS = 1_000_000
_STREAMS = {"trades": "trade", "quotes": "bookTicker"}  # minute bars are built from trades


class Envelope(Struct):
    """What any frame may carry: a combined stream's, a bare event's, or an answer's fields."""

    stream: str = ""
    data: Raw = Raw(b"")
    e: str = ""
    u: int = 0
    id: int | str | None = None
    result: Raw = Raw(b"")
    error: Raw = Raw(b"")
    code: int = 0
    msg: str = ""
    lastUpdateId: int = 0  # noqa: N815 the venue's name


class Event(Struct):
    e: str = ""
    u: int = 0


class Trade(Struct):
    s: str
    t: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    p: float
    q: float
    T: int
    m: bool


class BookTicker(Struct):
    s: str
    b: float
    B: float
    a: float
    A: float
    T: int = 0


class Depth(Struct):
    """A change of the order book: updates `U` to `u`. Futures leave numbers out and say which update came before."""

    s: str
    U: int
    u: int
    pu: int | None = None


_envelope = msgspec.json.Decoder(Envelope)
_event = msgspec.json.Decoder(Event)
_trade = msgspec.json.Decoder(Trade, strict=False)  # numbers come as text
_book = msgspec.json.Decoder(BookTicker, strict=False)
_depth = msgspec.json.Decoder(Depth)


def decode(frame: bytes, symbols: Symbols, ts_recv: int) -> Decoded:
    """The row or notice of one frame. A frame that is no JSON object of the venue's is a BadFrame."""
    try:
        outer = _envelope.decode(frame)
        body = bytes(outer.data) or frame
        event = _event.decode(body) if outer.data else Event(outer.e, outer.u)
        if event.e == "trade":
            return _row(_trade_row(_trade.decode(body), symbols, ts_recv))
        if event.e == "bookTicker" or (not event.e and event.u):
            return _row(_quote_row(_book.decode(body), symbols, ts_recv))
        if event.e == "depthUpdate":
            return _place(_depth.decode(body), symbols)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"expected a Binance stream event: {error}; found {frame[:80]!r}") from None
    if outer.code or outer.error:
        text = outer.msg or bytes(outer.error).decode(errors="replace")
        return Decoded(notices=[Notice("error", text, outer.code, fatal=True)])
    if outer.result:
        return Decoded(notices=[Notice("subscribed")])
    if event.e or outer.lastUpdateId:
        return Decoded(refused={"not_used": 1})  # other streams, and books that a recorder put in between
    raise BadFrame(f"expected a Binance stream event, found {frame[:80]!r}")


def _row(row: Batch | str) -> Decoded:
    return Decoded(refused={row: 1}) if isinstance(row, str) else Decoded(batches=[row])


def _place(depth: Depth, symbols: Symbols) -> Decoded:
    """Books are not used yet, but whether their updates are whole is seen."""
    symbol = symbols.id(depth.s)
    follows = depth.U - 1 if depth.pu is None else depth.pu
    return Decoded(refused={"not_used": 1}, book=(symbol, follows, depth.u) if symbol >= 0 else None)


def _trade_row(trade: Trade, symbols: Symbols, ts_recv: int) -> Batch | str:
    symbol = symbols.id(trade.s)
    if symbol < 0:
        return "unknown_symbol"
    if not 0 < trade.T < 2**42:
        return "bad_time"
    side = -1 if trade.m else 1  # m: the buyer was the maker, so the aggressor sold
    return rows(TRADE, [(trade.T * _MS, ts_recv, 0, trade.t, trade.p, trade.q, symbol, side)])


def _quote_row(book: BookTicker, symbols: Symbols, ts_recv: int) -> Batch | str:
    symbol = symbols.id(book.s)
    if symbol < 0:
        return "unknown_symbol"
    if not 0 <= book.T < 2**42:
        return "bad_time"
    ts_event = book.T * _MS or ts_recv
    return rows(QUOTE, [(ts_event, ts_recv, 0, book.b, book.B, book.a, book.A, symbol)])


def url(subscription: Subscription) -> str:
    names = [
        f"{symbol.lower()}@{_STREAMS[channel]}" for symbol in subscription.symbols for channel in _wanted(subscription)
    ]
    return f"wss://stream.binance.com:9443/stream?streams={'/'.join(names)}"


def _wanted(subscription: Subscription) -> list[str]:
    return [channel for channel in subscription.channels if channel in _STREAMS]


def hello(event: str, subscription: Subscription) -> bytes | None:  # noqa: ARG001 every venue's signature
    """Nothing: the address already says what is wanted."""
    return None


BINANCE = Venue(
    name="binance", url=url, hello=hello, decode=decode, ready="open", scanner="feeds.binance_scan", numbered=True
)
