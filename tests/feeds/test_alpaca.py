"""Alpaca's frames: MessagePack made with the library its own client uses."""

import math
from contextlib import suppress
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import BadFrame, BadInput
from core.events import AMENDMENT, BAR, QUOTE, SECOND, TRADE, VENUE, Symbols
from core.ports import Notice, Subscription
from feeds.alpaca import ALPACA, decode, nanoseconds

TS = 1_700_000_000_123_456_789
STAMP = msgpack.Timestamp(1_700_000_000, 123_456_789)
TRADE_MESSAGE = {"T": "t", "S": "AAPL", "i": 9, "x": "V", "p": 190.5, "s": 100, "t": STAMP, "c": ["@"], "z": "C"}
QUOTE_MESSAGE = {"T": "q", "S": "MSFT", "bp": 330.1, "bs": 2, "ap": 330.2, "as": 3, "t": STAMP, "c": ["R"], "z": "C"}
BAR_MESSAGE = {"T": "b", "S": "AAPL", "o": 1.0, "h": 3.0, "l": 0.5, "c": 2.0, "v": 500, "n": 7, "vw": 1.5, "t": STAMP}


def packed(*messages: object) -> bytes:
    data: bytes = msgpack.packb(list(messages))
    return data


def symbols() -> Symbols:
    return Symbols(["AAPL", "MSFT"])


def test_trades_quotes_and_bars_become_rows_to_the_nanosecond() -> None:
    decoded = decode(packed(TRADE_MESSAGE, QUOTE_MESSAGE, BAR_MESSAGE), symbols(), 5)
    trade, quote, bar = decoded.batches
    assert (trade.dtype is TRADE, quote.dtype is QUOTE, bar.dtype is BAR) == (True, True, True)
    assert trade[0].item() == (TS, 5, 0, 9, 190.5, 100.0, 0, 0)
    assert quote[0].item() == (TS, 5, 0, 330.1, 2.0, 330.2, 3.0, 1)
    assert (bar["ts_open"][0], bar["ts_event"][0], bar["vwap"][0]) == (TS, TS + 60 * SECOND, 1.5)
    assert (bar["origin"][0], bar["closed"][0], bar["trades"][0]) == (VENUE, 1, 7)


def test_corrections_and_cancels_come_behind_the_trades_of_their_frame() -> None:
    about = {"S": "MSFT", "x": "D", "z": "C", "t": STAMP}
    correction = {"T": "c", **about, "oi": 7, "op": 39.15, "os": 440, "oc": ["@"], "ci": 8, "cp": 39.18, "cs": 441}
    cancel = {"T": "x", **about, "i": 465, "p": 105.31, "s": 300, "a": "C"}
    trade, amendments = decode(packed(correction, cancel, TRADE_MESSAGE), symbols(), 5).batches
    assert (trade.dtype is TRADE, amendments.dtype is AMENDMENT) == (True, True)
    assert amendments[0].item() == (TS, 5, 0, 7, 8, 39.18, 441.0, 39.15, 440.0, 1)
    *when, number, new, price, size, old_price, old_size, symbol = amendments[1].item()
    assert (when, number, new, size, old_price, old_size, symbol) == ([TS, 5, 0], 465, 0, 0.0, 105.31, 300.0, 1)
    assert math.isnan(price)


@pytest.mark.parametrize(
    "time",
    [STAMP, TS, "2023-11-14T22:13:20.123456789Z"],
)
def test_times_are_understood_as_extension_number_or_text(time: object) -> None:
    (batch,) = decode(packed({**TRADE_MESSAGE, "t": time}), symbols(), 5).batches
    assert batch["ts_event"].tolist() == [TS]


@pytest.mark.parametrize("seconds", [0, 1, 2**32 - 1, 2**32, 2**33])
def test_all_three_widths_of_a_timestamp_are_read(seconds: int) -> None:
    import msgspec  # noqa: PLC0415 only to read what msgpack wrote

    for rest in (0, 999_999_999):
        extension = msgspec.msgpack.decode(msgpack.packb(msgpack.Timestamp(seconds, rest)), type=msgspec.msgpack.Ext)
        assert nanoseconds(extension) == seconds * SECOND + rest


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({**TRADE_MESSAGE, "S": "TSLA"}, "unknown_symbol"),
        ({**TRADE_MESSAGE, "t": "yesterday"}, "bad_time"),
        ({**TRADE_MESSAGE, "t": -5}, "bad_time"),
        ({**TRADE_MESSAGE, "p": "high"}, "bad_message"),
        ({"T": "t", "S": "AAPL"}, "bad_message"),
        ({"T": "zz"}, "bad_message"),
        (17, "bad_message"),
        ({"T": "c", "S": "AAPL", "oi": 1}, "bad_message"),
        ({"T": "x", "S": "TSLA", "i": 1, "p": 1.0, "s": 1, "t": STAMP}, "unknown_symbol"),
        ({"T": "s", "S": "AAPL", "sc": "H"}, "not_used"),
    ],
)
def test_one_bad_message_is_refused_by_name_and_its_neighbours_go_on(message: Any, reason: str) -> None:
    decoded = decode(packed(TRADE_MESSAGE, message, QUOTE_MESSAGE), symbols(), 5)
    assert decoded.refused == {reason: 1}
    assert [len(batch) for batch in decoded.batches] == [1, 1]


def test_a_price_that_is_no_number_passes_here_and_is_stopped_at_the_engines_door() -> None:
    (batch,) = decode(packed({**TRADE_MESSAGE, "p": math.nan}), symbols(), 5).batches
    assert math.isnan(batch["price"][0])


def test_notices_say_what_the_venue_said() -> None:
    said = (
        {"T": "success", "msg": "connected"},
        {"T": "subscription", "trades": ["AAPL"]},
        {"T": "error", "code": 402, "msg": "auth failed"},
        {"T": "error", "code": 407, "msg": "slow client"},
    )
    assert decode(packed(*said), symbols(), 5).notices == [
        Notice("connected"),
        Notice("subscribed"),
        Notice("error", "auth failed", 402, fatal=True),
        Notice("error", "slow client", 407, fatal=False),
    ]


@given(frame=some.binary(max_size=100))
def test_whatever_bytes_come_only_a_bad_frame_is_raised(frame: bytes) -> None:
    with suppress(BadFrame):
        decode(frame, symbols(), 1)


@given(position=some.integers(0, 300), value=some.integers(0, 255))
def test_a_damaged_frame_never_raises_anything_else(position: int, value: int) -> None:
    damaged = bytearray(packed(TRADE_MESSAGE, QUOTE_MESSAGE, BAR_MESSAGE))
    damaged[position % len(damaged)] = value
    with suppress(BadFrame):
        decode(bytes(damaged), symbols(), 1)


def test_a_frame_nested_without_end_is_a_bad_frame() -> None:
    with pytest.raises(BadFrame):
        decode(b"\x91" * 100_000, symbols(), 1)


def test_hello_authenticates_then_subscribes() -> None:
    asked = Subscription(("AAPL",), ("trades", "bars"), "key", "secret")
    auth, subscribe = ALPACA.hello("connected", asked), ALPACA.hello("authenticated", asked)
    assert ALPACA.hello("open", asked) is None
    assert auth is not None
    assert subscribe is not None
    assert msgpack.unpackb(auth) == {"action": "auth", "key": "key", "secret": "secret"}
    assert msgpack.unpackb(subscribe) == {"action": "subscribe", "trades": ["AAPL"], "bars": ["AAPL"]}
    assert "secret" not in repr(asked)


def test_without_a_key_it_says_what_to_set() -> None:
    with pytest.raises(BadInput, match="CANDELA__FEED__KEY"):
        ALPACA.hello("connected", Subscription(("AAPL",)))
