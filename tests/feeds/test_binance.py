"""Binance's frames, recorded and made up."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import BadFrame
from core.events import QUOTE, TRADE, Symbols
from core.ports import Decoded, Notice, Subscription
from feeds.binance import BINANCE, decode

FRAMES = [line.split(b" ", 1) for line in (Path(__file__).parent / "frames/binance.txt").read_bytes().splitlines()]


def decoded(number: int, symbols: Symbols | None = None) -> Decoded:
    stamp, frame = FRAMES[number]
    return decode(frame, Symbols(["BTCUSDT"]) if symbols is None else symbols, int(stamp))


@pytest.mark.parametrize(
    ("number", "row"),
    [
        (0, (1723161254087891268, 1723161254087891268, 0, 61837.63, 3.78826, 61837.64, 1.54698, 0)),
        (1, (1723161255342000000, 1723161254087896568, 0, 3735683259, 61837.63, 0.02, 0, -1)),
        (4, (1723161256313000000, 1723161255088169167, 0, 61800.2, 2.507, 61800.3, 2.51, 0)),
        (5, (1723161256322000000, 1723161255088176367, 0, 5266583935, 61800.3, 0.006, 0, 1)),
    ],
)
def test_recorded_frames_become_the_expected_rows(number: int, row: tuple[float, ...]) -> None:
    (batch,) = decoded(number).batches
    assert batch.dtype is (TRADE if number in (1, 5) else QUOTE)
    assert batch[0].item() == row


def test_other_streams_and_books_between_frames_are_not_used() -> None:
    assert decoded(2).refused == decoded(3).refused == {"not_used": 1}


def test_a_bare_event_is_understood_and_an_unknown_symbol_refused() -> None:
    assert decoded(6).refused == {"unknown_symbol": 1}
    growing = Symbols(grows=True)
    assert decoded(6, growing).batches[0]["price"].tolist() == [2600.5]
    assert growing.names == ["ETHUSDT"]


def test_a_frame_that_is_none_is_a_bad_frame_in_words() -> None:
    with pytest.raises(BadFrame, match="expected a Binance stream event"):
        decoded(7)


def test_answers_are_notices_and_errors_are_fatal() -> None:
    assert decoded(8).notices == [Notice("subscribed")]
    (notice,) = decode(b'{"code":2,"msg":"Invalid request"}', Symbols(), 1).notices
    assert (notice.event, notice.message, notice.fatal) == ("error", "Invalid request", True)


@given(frame=some.binary(max_size=200))
def test_whatever_bytes_come_only_a_bad_frame_is_raised(frame: bytes) -> None:
    with suppress(BadFrame):
        decode(frame, Symbols(["BTCUSDT"]), 1)


@given(position=some.integers(0, 400), value=some.integers(0, 255), number=some.sampled_from([0, 1, 4, 5]))
def test_a_damaged_frame_never_raises_anything_else(position: int, value: int, number: int) -> None:
    damaged = bytearray(FRAMES[number][1])
    damaged[position % len(damaged)] = value
    with suppress(BadFrame):
        decode(bytes(damaged), Symbols(grows=True), 1)


def test_the_address_names_the_streams() -> None:
    wanted = Subscription(("BTCUSDT", "ETHUSDT"), ("trades", "quotes", "bars"))
    assert BINANCE.url(wanted).endswith(
        "/stream?streams=btcusdt@trade/btcusdt@bookTicker/ethusdt@trade/ethusdt@bookTicker"
    )
