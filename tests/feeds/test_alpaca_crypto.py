"""Alpaca's crypto frames, as its documents show them, in MessagePack of the library its own client uses."""

from contextlib import suppress
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import BadFrame, BadInput
from core.events import BAR, QUOTE, TRADE, Symbols
from core.ports import Notice, Subscription
from feeds import ALPACA
from feeds.alpaca_crypto import ALPACA_CRYPTO, decode

ID = 3447222699101865076
TRADE_MESSAGE = {
    "T": "t", "S": "AVAX/USD", "p": 47.299, "s": 29.205707815, "i": ID, "tks": "S",
    "t": "2024-03-12T10:27:48.858228144Z",
}  # fmt: skip
QUOTE_MESSAGE = {
    "T": "q", "S": "BAT/USD", "bp": 0.35718, "bs": 13445.46, "ap": 0.3581, "as": 13561.902,
    "t": "2024-03-12T10:29:43.111588173Z",
}  # fmt: skip
BAR_MESSAGE = {
    "T": "b", "S": "BAT/USD", "o": 0.35, "h": 0.36, "l": 0.34, "c": 0.355, "v": 0, "n": 0, "vw": 0,
    "t": "2024-03-12T10:39:00Z",
}  # fmt: skip
BOOK_MESSAGE = {"T": "o", "S": "BAT/USD", "t": "2024-03-12T10:38:50.79613221Z", "b": [], "a": [], "r": True}


def packed(*messages: object) -> bytes:
    data: bytes = msgpack.packb(list(messages))
    return data


def symbols() -> Symbols:
    return Symbols(["AVAX/USD", "BAT/USD"])


def test_trades_quotes_and_bars_become_rows() -> None:
    trade, quote, bar = decode(packed(TRADE_MESSAGE, QUOTE_MESSAGE, BAR_MESSAGE), symbols(), 5).batches
    assert (trade.dtype is TRADE, quote.dtype is QUOTE, bar.dtype is BAR) == (True, True, True)
    assert trade[0].item() == (1710239268858228144, 5, 0, ID, 47.299, 29.205707815, 0, -1)
    assert quote[0].item() == (1710239383111588173, 5, 0, 0.35718, 13445.46, 0.3581, 13561.902, 1)
    assert (bar["volume"][0], bar["vwap"][0], bar["trades"][0]) == (0.0, 0.355, 0)  # a bar of quotes' mids alone


@pytest.mark.parametrize(("taker", "side"), [({"tks": "B"}, 1), ({"tks": "S"}, -1), ({"tks": ""}, 0), ({"tks": 7}, 0)])
def test_a_trade_says_who_took(taker: dict[str, Any], side: int) -> None:
    assert decode(packed(TRADE_MESSAGE | taker), symbols(), 5).batches[0]["side"].tolist() == [side]


def test_a_trade_without_a_taker_has_no_side() -> None:
    plain = {name: value for name, value in TRADE_MESSAGE.items() if name != "tks"}
    assert decode(packed(plain), symbols(), 5).batches[0]["side"].tolist() == [0]


def test_sides_stay_with_their_trades_when_neighbours_are_refused() -> None:
    frame = packed(
        TRADE_MESSAGE,
        TRADE_MESSAGE | {"S": "DOGE/USD", "tks": "B"},
        BOOK_MESSAGE,
        TRADE_MESSAGE | {"t": "yesterday", "i": 2, "tks": "B"},
        TRADE_MESSAGE | {"p": "high", "i": 3, "tks": "S"},
        TRADE_MESSAGE | {"S": "BAT/USD", "tks": "B"},
        TRADE_MESSAGE | {"i": 4, "tks": "B"},
    )
    decoded = decode(frame, symbols(), 5)
    assert decoded.refused == {"unknown_symbol": 1, "not_used": 1, "bad_time": 1, "bad_message": 1}
    assert decoded.batches[0][["trade_id", "symbol", "side"]].tolist() == [(ID, 0, -1), (ID, 1, 1), (4, 0, 1)]


@given(frame=some.binary(max_size=100))
def test_whatever_bytes_come_only_a_bad_frame_is_raised(frame: bytes) -> None:
    with suppress(BadFrame):
        decode(frame, symbols(), 1)


@given(position=some.integers(0, 400), value=some.integers(0, 255))
def test_a_damaged_frame_never_raises_anything_else(position: int, value: int) -> None:
    damaged = bytearray(packed(TRADE_MESSAGE, QUOTE_MESSAGE, TRADE_MESSAGE | {"i": 4}, BAR_MESSAGE))
    damaged[position % len(damaged)] = value
    with suppress(BadFrame):
        decode(bytes(damaged), symbols(), 1)


def test_it_greets_as_the_stock_stream_does_at_an_address_of_its_own() -> None:
    asked = Subscription(("BTC/USD",), ("trades", "quotes"), "key", "secret")
    for event in ("open", "connected", "authenticated", "subscribed"):
        assert ALPACA_CRYPTO.hello(event, asked) == ALPACA.hello(event, asked)
    assert (ALPACA_CRYPTO.headers, ALPACA_CRYPTO.ready) == (ALPACA.headers, ALPACA.ready)
    assert ALPACA_CRYPTO.url(asked).endswith("/v1beta3/crypto/us")
    with pytest.raises(BadInput, match="CANDELA__FEED__KEY"):
        ALPACA_CRYPTO.hello("connected", Subscription(("BTC/USD",)))


def test_what_the_venue_says_is_a_notice() -> None:
    said = ({"T": "success", "msg": "authenticated"}, {"T": "error", "code": 405, "msg": "symbol limit exceeded"})
    assert decode(packed(*said), symbols(), 5).notices == [
        Notice("authenticated"),
        Notice("error", "symbol limit exceeded", 405, fatal=True),
    ]
