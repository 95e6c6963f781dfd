"""Alpaca's stock stream (v2): MessagePack frames, each an array of typed messages.

Source: Alpaca documentation, "Real-time Stock Data"; error codes from its section "Errors".
Prices and sizes are checked at the engine's door, not here; here a symbol must be known and a message well-formed.
"""

import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import numpy as np
from msgspec import Meta, Struct
from msgspec.msgpack import Ext

from core.errors import BadFrame, BadInput
from core.events import AMENDMENT, BAR, COMPLETE, QUOTE, SECOND, TIMEFRAME_NAMES, TRADE, VENUE, Symbols, rows
from core.ports import Decoded, Notice, Subscription, Venue

Time = Ext | int | str
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
# What msgspec raises on bytes that are not what was expected.
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_MINUTE = 60 * SECOND
_IN_ORDER = (TRADE, QUOTE, BAR, AMENDMENT)  # of a frame's rows: a trade is there before it is amended
_FATAL = {402, 405, 409}  # wrong key, too many symbols, not entitled: trying again will not help
_UNUSED = ("s", "l", "u", "d", "n", "o")  # statuses, limits, revised and daily bars…


class Trade(Struct, tag_field="T", tag="t"):
    S: str
    t: Time
    p: float
    s: float
    i: Count = 0


class Quote(Struct, tag_field="T", tag="q"):
    S: str
    t: Time
    bp: float
    bs: float
    ap: float
    as_: float = msgspec.field(name="as")


class Bar(Struct, tag_field="T", tag="b"):
    S: str
    t: Time
    o: float
    h: float
    l: float  # noqa: E741 the venue's name
    c: float
    v: float
    vw: float = 0.0
    n: Count = 0


class Correction(Struct, tag_field="T", tag="c"):
    """A trade is another one now; corrections and cancels come with the trades."""

    S: str
    t: Time
    oi: Count
    op: float
    os: float
    ci: Count
    cp: float
    cs: float


class Cancel(Struct, tag_field="T", tag="x"):
    """A trade is taken back."""

    S: str
    t: Time
    i: Count
    p: float
    s: float


class Success(Struct, tag_field="T", tag="success"):
    msg: str


class Subscribed(Struct, tag_field="T", tag="subscription"):
    pass


class Error(Struct, tag_field="T", tag="error"):
    code: int = 0
    msg: str = ""


Row = Trade | Quote | Bar | Correction | Cancel
Known = Row | Success | Subscribed | Error
_frame = msgspec.msgpack.Decoder(list[Known])
_parts = msgspec.msgpack.Decoder(list[msgspec.Raw])
_message = msgspec.msgpack.Decoder(Known)
_any = msgspec.msgpack.Decoder(dict[str, object])


def nanoseconds(time: Time) -> int:
    """A venue's time as nanoseconds since 1970: a MessagePack timestamp, a number, or RFC 3339 text."""
    if isinstance(time, int):
        return time
    if isinstance(time, str):
        whole, _, fraction = time.rstrip("Z").partition(".")
        seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
        return seconds * SECOND + int((fraction + "000000000")[:9])
    data = bytes(time.data)
    if time.code != -1 or len(data) not in (4, 8, 12):
        raise ValueError(f"expected a MessagePack timestamp, found extension {time.code} of {len(data)} bytes")
    if len(data) == 4:
        return int.from_bytes(data, "big") * SECOND
    if len(data) == 8:
        packed = int.from_bytes(data, "big")
        return (packed & (2**34 - 1)) * SECOND + (packed >> 34)
    fraction_ns, seconds = struct.unpack(">Iq", data)
    return int(seconds * SECOND + fraction_ns)


def decode(frame: bytes, symbols: Symbols, ts_recv: int) -> Decoded:
    """The rows and notices of one frame. A frame that is no MessagePack array of messages is a BadFrame."""
    decoded = Decoded()
    found: dict[int, list[tuple[float, ...]]] = {id(dtype): [] for dtype in _IN_ORDER}
    for message in _messages(frame, decoded):
        if not isinstance(message, Row):
            decoded.notices.append(_notice(message))
            continue
        symbol = symbols.id(message.S)
        try:
            ts = nanoseconds(message.t)
        except (ValueError, OverflowError):
            ts = -1
        if symbol < 0 or not 0 < ts < 2**62:
            _refuse(decoded, "unknown_symbol" if symbol < 0 else "bad_time")
        else:
            dtype, row = _row(message, ts, ts_recv, symbol)
            found[id(dtype)].append(row)
    decoded.batches = [rows(dtype, found[id(dtype)]) for dtype in _IN_ORDER if found[id(dtype)]]
    return decoded


def _row(message: Row, ts: int, ts_recv: int, symbol: int) -> tuple[np.dtype[np.void], tuple[float, ...]]:
    when = (ts, ts_recv, 0)
    match message:
        case Trade():
            return TRADE, (*when, message.i, message.p, message.s, symbol, 0)
        case Quote():
            return QUOTE, (*when, message.bp, message.bs, message.ap, message.as_, symbol)
        case Bar():
            return BAR, _bar(message, ts, ts_recv, symbol)
        case Correction(oi=old, ci=new):
            return AMENDMENT, (*when, old, new, message.cp, message.cs, message.op, message.os, symbol)
        case Cancel(i=old):
            return AMENDMENT, (*when, old, 0, np.nan, 0.0, message.p, message.s, symbol)


def _bar(bar: Bar, ts: int, ts_recv: int, symbol: int) -> tuple[float, ...]:
    """A minute bar: the venue stamps its start."""
    minute = TIMEFRAME_NAMES.index("1m")
    prices = (bar.o, bar.h, bar.l, bar.c, bar.v, bar.vw or bar.c)
    end = ts + _MINUTE
    return (end, ts_recv, 0, ts, end, *prices, bar.n, symbol, minute, 1, COMPLETE, VENUE)


def _messages(frame: bytes, decoded: Decoded) -> Sequence[Known]:
    try:
        return _frame.decode(frame)
    except _BROKEN as error:
        return _one_by_one(frame, decoded, error)


def _one_by_one(frame: bytes, decoded: Decoded, error: Exception) -> Sequence[Known]:
    """The slow path: one message of a kind we do not use, or one that is broken, costs only itself."""
    try:
        parts = _parts.decode(frame)
    except _BROKEN:
        head = frame[:32].hex(" ")
        raise BadFrame(f"expected a MessagePack array of messages: {error}; found {len(frame)} bytes, {head}") from None
    found: list[Known] = []
    for part in parts:
        try:
            found.append(_message.decode(part))
        except _BROKEN:
            _refuse(decoded, "not_used" if _is_unused(part) else "bad_message")
    return found


def _is_unused(part: msgspec.Raw) -> bool:
    try:
        return _any.decode(part).get("T") in _UNUSED
    except _BROKEN:
        return False


def _refuse(decoded: Decoded, reason: str) -> None:
    decoded.refused[reason] = decoded.refused.get(reason, 0) + 1


def _notice(message: Success | Subscribed | Error) -> Notice:
    if isinstance(message, Success):
        return Notice(message.msg)
    if isinstance(message, Subscribed):
        return Notice("subscribed")
    return Notice("error", message.msg, message.code, fatal=message.code in _FATAL)


def hello(event: str, subscription: Subscription) -> bytes | None:
    """Authenticate once connected, subscribe once authenticated."""
    if event == "connected":
        if not subscription.key:
            raise BadInput(
                "Alpaca needs a key: set CANDELA__FEED__KEY and CANDELA__FEED__SECRET; --feed binance needs none"
            )
        auth = {"action": "auth", "key": subscription.key, "secret": subscription.secret}
        return msgspec.msgpack.encode(auth)
    if event == "authenticated":
        wanted = {channel: list(subscription.symbols) for channel in subscription.channels}
        return msgspec.msgpack.encode({"action": "subscribe", **wanted})
    return None


# When each of its feeds has data; of others, such as overnight, there is no calendar.
_CALENDARS = {"iex": "IEX", "sip": "NYSE", "delayed_sip": "NYSE"}


def calendar(url: str) -> str:
    """That of the feed which an address ends with."""
    return _CALENDARS.get(urlsplit(url).path.rpartition("/")[2], "")


ALPACA = Venue(
    name="alpaca",
    url=lambda _: "wss://stream.data.alpaca.markets/v2/iex",
    hello=hello,
    decode=decode,
    headers={"Content-Type": "application/msgpack"},
    ready="subscribed",
    scanner="feeds.alpaca_scan",
    calendar=calendar,
)
