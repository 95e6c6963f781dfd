"""Alpaca's scanner gives what the checked path gives, to the last bit, whatever comes."""

import struct
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.events import Symbols
from feeds.alpaca import ALPACA, decode
from feeds.scanner import Scanner
from feeds.scanning import CONTROL, SHORT
from tests.feeds.made import kernels
from tests.feeds.scanned import TS, checked, framed, harmed, same, scanned
from tests.feeds.test_alpaca import BAR_MESSAGE, QUOTE_MESSAGE, TRADE_MESSAGE, packed
from tests.indicators.assembly import references

NAMES = ["AAPL", "MSFT", "BRK.B", "LONGERTHANEIGHT", "ÄÖ", ""]
SYMBOLS = Symbols(NAMES)
seldom = some.integers(0, 40).map(bool)  # False is seldom
LETTERS = some.text("aAÄ€😀", max_size=40)

drawn = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # frames are long


@pytest.fixture(scope="module")
def reader() -> Scanner:
    return Scanner(ALPACA.scanner, SYMBOLS, kernels())


class Written(bytes):
    """MessagePack that is written already."""


def whole(draw: some.DrawFn, value: int) -> bytes:
    """An integer in any width that holds it."""
    forms = [
        struct.pack(">B", 0xD0 + i) + value.to_bytes(1 << i, "big", signed=True) for i in range(4) if _holds(value, i)
    ]
    if value >= 0:
        forms += [bytes([0xCC + i]) + value.to_bytes(1 << i, "big") for i in range(4) if value < 1 << (8 << i)]
    if -32 <= value < 128:
        forms.append(struct.pack(">b", value))
    return draw(some.sampled_from(forms))


def _holds(value: int, width: int) -> bool:
    return -(1 << (8 << width) - 1) <= value < 1 << (8 << width) - 1


def written(draw: some.DrawFn, value: Any) -> bytes:
    """A value in any of the forms MessagePack has for it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return whole(draw, value)
    if isinstance(value, float):
        narrow = abs(value) < 1e38 and draw(some.booleans())
        return struct.pack(">Bf", 0xCA, value) if narrow else struct.pack(">Bd", 0xCB, value)
    if isinstance(value, str):
        text = value.encode()
        return _head(draw, len(text), 0xA0, 32, (0xD9, 0xDA, 0xDB)) + text
    if isinstance(value, dict):
        pairs = draw(some.permutations(list(value.items())))
        body = b"".join(written(draw, key) + written(draw, item) for key, item in pairs)
        return _head(draw, len(pairs), 0x80, 16, (0, 0xDE, 0xDF)) + body
    if isinstance(value, list):
        return _head(draw, len(value), 0x90, 16, (0, 0xDC, 0xDD)) + b"".join(written(draw, item) for item in value)
    done: bytes = value if isinstance(value, Written) else msgpack.packb(value)
    return done


def _head(draw: some.DrawFn, size: int, short: int, below: int, codes: tuple[int, int, int]) -> bytes:
    forms = [
        bytes([code]) + size.to_bytes(1 << i, "big") for i, code in enumerate(codes) if code and size < 1 << (8 << i)
    ]
    return bytes([short + size]) if size < below and draw(seldom) else draw(some.sampled_from(forms))


def times() -> some.SearchStrategy[Any]:
    usual = some.builds(msgpack.Timestamp, some.integers(1, 2**32 + 10**8), some.integers(0, 999_999_999))
    far = some.builds(msgpack.Timestamp, some.integers(-5, 2**35), some.integers(0, 999_999_999))
    wire = (usual | usual | usual | far).map(lambda stamp: Written(msgpack.packb(stamp)))
    odd = some.binary(min_size=12, max_size=12).map(lambda data: Written(b"\xc7\x0c\xff" + data))
    other = odd | some.integers(0, 2**63) | some.just("2023-11-14T22:13:20.123456789Z")
    return seldom.flatmap(lambda usual: wire if usual else other)


def numbers() -> some.SearchStrategy[Any]:
    usual = some.floats() | some.integers(-(2**63), 2**63 - 1) | some.floats(0, 1e6) | some.integers(0, 1000)
    return seldom.flatmap(lambda plain: usual if plain else some.integers(2**63, 2**64 - 1))


def things() -> some.SearchStrategy[Any]:
    simple = some.none() | some.booleans() | LETTERS | numbers() | times()
    return (
        simple
        | some.lists(simple, max_size=20)
        | some.lists(some.sampled_from("@ÄAB"))
        | some.dictionaries(some.sampled_from("abÄ"), simple, max_size=2)
    )


counts = some.integers(0, 2**63 - 1) | some.integers(0, 1000)
KEYS = {"t": "ps", "q": "bp bs ap as", "b": "o h l c v"}


@some.composite
def messages(draw: some.DrawFn) -> bytes:
    """A message such as Alpaca sends, now and then with something else in it."""
    which = draw(some.sampled_from("tttqqqb"))
    wanted = ("p", "s") if which == "t" else tuple(KEYS[which].split())
    message: dict[str, Any] = {"T": which, "S": draw(some.sampled_from(NAMES)), "t": draw(times())}
    message |= {key: draw(numbers()) for key in wanted}
    message |= draw(some.dictionaries(some.sampled_from(["i", "n", "vw"]), counts, max_size=2))
    message |= draw(some.dictionaries(some.sampled_from(["x", "z", "c", "ax", "u", "tks"]), things(), max_size=3))
    odd = draw(some.integers(0, 20))
    if odd == 0:
        message[draw(some.sampled_from(list(message)))] = draw(things())
    elif odd == 1:
        del message[draw(some.sampled_from(list(message)))]
    return written(draw, message)


@some.composite
def frames(draw: some.DrawFn) -> bytes:
    found = draw(some.lists(messages(), max_size=5))
    return _head(draw, len(found), 0x90, 16, (0, 0xDC, 0xDD)) + b"".join(found)


@drawn
@given(payloads=some.lists(frames(), max_size=4))
def test_whatever_alpaca_may_send_becomes_the_same_rows(reader: Scanner, payloads: list[bytes]) -> None:
    same(reader, decode, payloads, SYMBOLS)


@drawn
@given(payloads=some.lists(frames(), min_size=1, max_size=3), data=some.data())
def test_whatever_befalls_frames_the_rows_and_refusals_are_the_same(
    reader: Scanner, payloads: list[bytes], data: some.DataObject
) -> None:
    damaged = [data.draw(harmed(payload)) for payload in payloads]
    same(reader, decode, damaged, SYMBOLS)


@given(payloads=some.lists(some.binary(max_size=60), max_size=4))
def test_any_bytes_are_refused_alike(reader: Scanner, payloads: list[bytes]) -> None:
    same(reader, decode, payloads, SYMBOLS)


@given(position=some.integers(0, 300), value=some.integers(0, 255))
def test_every_single_byte_may_be_another(reader: Scanner, position: int, value: int) -> None:
    changed = bytearray(packed(TRADE_MESSAGE, QUOTE_MESSAGE, BAR_MESSAGE))
    changed[position % len(changed)] = value
    same(reader, decode, [bytes(changed)], SYMBOLS)


def test_what_alpaca_sends_the_scanner_reads_by_itself(reader: Scanner) -> None:
    plain = [packed(TRADE_MESSAGE), packed(QUOTE_MESSAGE, TRADE_MESSAGE), packed(BAR_MESSAGE), packed()]
    late = dict(reversed(TRADE_MESSAGE.items()))  # T last
    plain.append(packed(*[late] * 40))
    assert same(reader, decode, plain, SYMBOLS) == len(plain)


@pytest.mark.parametrize(
    "message",
    [
        {**TRADE_MESSAGE, "S": "TSLA"},
        {**TRADE_MESSAGE, "t": "2023-11-14T22:13:20Z"},
        {**TRADE_MESSAGE, "i": -1},
        {**TRADE_MESSAGE, "i": 1.0},
        {**TRADE_MESSAGE, "p": "1.5"},
        {**TRADE_MESSAGE, "p": True},
        {**TRADE_MESSAGE, "x": {"a": 1}},
        {"T": "success", "msg": "connected"},
        {"T": "c", "S": "AAPL"},
        {"T": "t", "S": "AAPL"},
        17,
    ],
)
def test_what_is_not_plain_is_left_to_the_checked_path_in_its_place(reader: Scanner, message: Any) -> None:
    frames = [packed(TRADE_MESSAGE), packed(QUOTE_MESSAGE, message, TRADE_MESSAGE), packed(QUOTE_MESSAGE)]
    assert same(reader, decode, frames, SYMBOLS) == 2


def test_a_key_that_comes_twice_is_left_to_the_checked_path(reader: Scanner) -> None:
    trade = packed(TRADE_MESSAGE)
    twice = trade[:1] + bytes([trade[1] + 1]) + trade[2:] + msgpack.packb("p") + msgpack.packb(2.0)
    assert same(reader, decode, [twice], SYMBOLS) == 0


def test_more_rows_than_there_is_room_for_are_read_in_turns(reader: Scanner) -> None:
    frame = packed(*[TRADE_MESSAGE] * 1000, *[QUOTE_MESSAGE] * 1000)
    assert same(reader, decode, [frame] * 40, SYMBOLS) == 40
    assert same(reader, decode, [packed(*[TRADE_MESSAGE] * 20_000)], SYMBOLS) == 0  # one frame with more than all room


def test_a_table_that_grows_is_learnt() -> None:
    growing = Symbols(grows=True)
    own = Scanner(ALPACA.scanner, growing, kernels())
    frames = [packed({**TRADE_MESSAGE, "S": f"NEW{i % 300}"}) for i in range(900)]
    assert scanned(own, decode, frames, growing).scanned == 600
    assert len(growing) == 300
    assert scanned(own, decode, frames, growing).rows == checked(decode, frames, growing).rows


def test_a_name_that_no_frame_can_have_is_no_name_of_the_table() -> None:
    odd = Symbols(["\udcff", "AAPL"])
    assert same(Scanner(ALPACA.scanner, odd, kernels()), decode, [packed(TRADE_MESSAGE)], odd) == 1


@drawn
@given(cut=some.integers(0, 400), payloads=some.lists(frames(), min_size=1, max_size=3))
def test_half_a_frame_waits_for_its_rest(reader: Scanner, cut: int, payloads: list[bytes]) -> None:
    stream = np.frombuffer(b"".join(map(framed, payloads)), dtype=np.uint8)
    at = 0
    for end in (min(cut, len(stream)), len(stream)):
        while reader.scan(stream.ctypes.data, at, end, TS) != SHORT:
            at = reader.frame[3]
            reader.batches()
        at = reader.frame[0]
        reader.batches()
        assert at <= end
    assert at == len(stream)


@pytest.mark.parametrize(
    "frame",
    [
        framed(b"", 9), framed(b"", 8), b"\x02" + framed(b"x")[1:], framed(b"x", 0), b"\xc2\x01x", b"\x82\x81aaaax",
        b"\x82\x7f" + (1 << 40).to_bytes(8, "big"), b"\x82\x7f" + b"\xff" * 8,
    ],
)  # fmt: skip
def test_frames_that_are_not_plain_are_the_protocols(reader: Scanner, frame: bytes) -> None:
    stream = np.frombuffer(framed(packed(TRADE_MESSAGE)) + frame, dtype=np.uint8)
    assert reader.scan(stream.ctypes.data, 0, len(stream), TS) == CONTROL
    assert (reader.frames, len(reader.batches()), reader.frame[3]) == (1, 1, len(stream))
    assert reader.scan(stream.ctypes.data, 0, len(stream), TS, whole=False) == CONTROL
    assert reader.frames == 0


def test_it_counts_no_references(tmp_path: Path) -> None:
    fresh = Scanner(ALPACA.scanner, SYMBOLS, tmp_path)  # what comes from the cache cannot be looked into
    assert (fresh.compiled, references(fresh.kernel.scan)) == (1, 0)
    assert Scanner(ALPACA.scanner, SYMBOLS, tmp_path).compiled == 0
