"""Coinbase Exchange's public stream: JSON, no key; a message says what it is in `type`.

Its quotes come with trades: the ticker tells the best bid and ask behind each match. Recordings of before 2022 have
tickers without sizes: those are 0. After a subscription the last trade before it comes once, as `last_match`: a trade
like any other, which a reconnected reader may have had, and knows by its id.
Source: Coinbase documentation, "Exchange WebSocket Overview" (errors, subscribing) and "Exchange WebSocket Channels".
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from core.errors import BadFrame
from core.events import QUOTE, TRADE, Batch, Symbols, rows
from core.ports import Decoded, Notice, Subscription, Venue
from feeds.alpaca import nanoseconds

_CHANNELS = {"trades": "matches", "quotes": "ticker"}  # minute bars are built from trades
_BOOKS = {"snapshot", "l2update", "received", "open", "done", "change", "activate"}
_UNUSED = _BOOKS | {"status", "auction", "rfq_match"}


class Message(Struct):
    """What tells messages apart, and the fields of those that are no data."""

    type: str
    product_id: str = ""
    message: str = ""
    reason: str = ""


class Match(Struct):
    product_id: str
    time: str
    trade_id: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    price: float
    size: float
    side: Literal["buy", "sell"]


class Ticker(Struct):
    product_id: str
    best_bid: float
    best_ask: float
    best_bid_size: float = 0.0
    best_ask_size: float = 0.0
    time: str = ""


_message = msgspec.json.Decoder(Message)
_match = msgspec.json.Decoder(Match, strict=False)  # numbers come as text
_ticker = msgspec.json.Decoder(Ticker, strict=False)


def decode(frame: bytes, symbols: Symbols, ts_recv: int) -> Decoded:
    """The row or notice of one frame. A frame that is no JSON object with a type and its fields is a BadFrame."""
    try:
        message = _message.decode(frame)
        if message.type in ("match", "last_match"):
            return _row(_trade_row(_match.decode(frame), symbols, ts_recv))
        if message.type == "ticker":
            return _row(_quote_row(_ticker.decode(frame), symbols, ts_recv))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"expected a message of Coinbase's feed: {error}; found {frame[:80]!r}") from None
    return _other(message, frame)


def _other(message: Message, frame: bytes) -> Decoded:
    if message.type == "heartbeat":
        return Decoded(notices=[Notice("heartbeat", message.product_id)])
    if message.type == "subscriptions":
        return Decoded(notices=[Notice("subscribed")])
    if message.type == "error":
        return Decoded(notices=[_error(message)])
    if not message.type:
        raise BadFrame(f"expected a message of Coinbase's feed, found one without a type: {frame[:80]!r}")
    # "New message types can be added at any time. Clients are expected to ignore messages they do not support."
    return Decoded(refused={"not_used" if message.type in _UNUSED else "unknown_type": 1})


def _error(message: Message) -> Notice:
    """A refused subscription is refused again the next time; a reader that was too slow may try again."""
    text = ": ".join(part for part in (message.message, message.reason) if part)
    return Notice("error", text, fatal=message.message == "Failed to subscribe")


def _row(row: Batch | str) -> Decoded:
    return Decoded(refused={row: 1}) if isinstance(row, str) else Decoded(batches=[row])


def _trade_row(match: Match, symbols: Symbols, ts_recv: int) -> Batch | str:
    symbol, ts = symbols.id(match.product_id), _time(match.time)
    if symbol < 0 or ts < 0:
        return "unknown_symbol" if symbol < 0 else "bad_time"
    side = 1 if match.side == "sell" else -1  # the maker's: who met an order to sell bought
    return rows(TRADE, [(ts, ts_recv, 0, match.trade_id, match.price, match.size, symbol, side)])


def _quote_row(ticker: Ticker, symbols: Symbols, ts_recv: int) -> Batch | str:
    symbol, ts = symbols.id(ticker.product_id), _time(ticker.time)
    if symbol < 0 or ts < 0:
        return "unknown_symbol" if symbol < 0 else "bad_time"
    sides = (ticker.best_bid, ticker.best_bid_size, ticker.best_ask, ticker.best_ask_size)
    return rows(QUOTE, [(ts, ts_recv, 0, *sides, symbol)])


def _time(text: str) -> int:
    """Nanoseconds since 1970, or -1."""
    try:
        ts = nanoseconds(text)
    except (ValueError, OverflowError):
        return -1
    return ts if 0 < ts < 2**62 else -1


def hello(event: str, subscription: Subscription) -> str | None:
    """Subscribe once connected: the venue waits five seconds for it. Heartbeats tell a quiet market from a mute one."""
    if event != "open":
        return None
    names = [_CHANNELS[channel] for channel in subscription.channels if channel in _CHANNELS]
    channels = [{"name": name, "product_ids": subscription.symbols} for name in (*names, "heartbeat")]
    return msgspec.json.encode({"type": "subscribe", "channels": channels}).decode()


COINBASE = Venue(
    name="coinbase",
    url=lambda _: "wss://ws-feed.exchange.coinbase.com",
    hello=hello,
    decode=decode,
    ready="subscribed",
    numbered=True,
)
