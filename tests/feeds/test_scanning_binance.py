"""Binance's scanner gives what the checked path gives, to the last bit, whatever comes."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.events import Symbols
from feeds.binance import BINANCE, decode
from feeds.scanner import Scanner
from tests.feeds.made import kernels
from tests.feeds.scanned import TS, checked, harmed, same, scanned
from tests.feeds.test_binance import FRAMES

NAMES = ["BTCUSDT", "ETHUSDT", "1000SHIBUSDT", "Ä", ""]
SYMBOLS = Symbols(NAMES)
PLAIN = [FRAMES[number][1] for number in (0, 1, 4, 5)]

drawn = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # frames are long


@pytest.fixture(scope="module")
def reader() -> Scanner:
    return Scanner(BINANCE.scanner, SYMBOLS, kernels())


seldom = some.integers(0, 40).map(bool)  # False is seldom


def decimals() -> some.SearchStrategy[str]:
    """Numbers as text, as many digits as may come; seldom more, or what is nearly a number."""
    parts = some.text("0123456789", min_size=1, max_size=8) | some.sampled_from(["00000000", "1", "50000000"])
    usual = some.tuples(some.integers(0, 10**9), parts).map(lambda both: f"{both[0]}.{both[1]}") | some.just("0.0")
    return seldom.flatmap(lambda plain: usual if plain else rare())


def rare() -> some.SearchStrategy[str]:
    long = some.tuples(some.integers(0, 10**22), some.text("0123456789", max_size=20)).map(
        lambda both: f"{both[0]}.{both[1]}"
    )
    halves = some.integers(2**52, 2**54).map(lambda value: f"{Decimal(value) / 2}")  # where a rounding may go amiss
    odd = some.text("0123456789.-+eE ", max_size=6) | some.floats(0, 1e6).map(repr)
    return long | halves | some.integers(0, 2**64).map(str) | odd


def integers() -> some.SearchStrategy[Any]:
    odd = some.integers(-2, 2**64) | some.sampled_from([0, 2**42 - 1, 2**63 - 1, "5", 1.0])
    return seldom.flatmap(lambda plain: some.integers(1, 2**42 - 1) if plain else odd)


def things() -> some.SearchStrategy[Any]:
    simple = some.none() | some.booleans() | some.text(max_size=5) | decimals() | integers() | some.floats()
    return simple | some.lists(simple, max_size=2) | some.dictionaries(some.sampled_from("ab"), simple, max_size=1)


@some.composite
def events(draw: some.DrawFn) -> dict[str, Any]:
    """A trade or best prices such as spot or futures send, now and then with something else in it."""
    named = draw(some.booleans())
    event: dict[str, Any] = {"s": draw(some.sampled_from(NAMES[:3] if draw(seldom) else NAMES))}
    if draw(some.booleans()):
        event |= {"e": "trade", "E": draw(integers()), "T": draw(integers()), "t": draw(integers())}
        event |= {"p": draw(decimals()), "q": draw(decimals()), "m": draw(some.booleans())}
    else:
        event |= {"u": draw(integers())} | {key: draw(decimals()) for key in "bBaA"}
        event |= {"e": "bookTicker", "T": draw(integers()), "E": draw(integers())} if named else {}
    more = some.sampled_from(["M", "X", "b", "a", "ps"] if draw(seldom) else ["id", "msg", "code"])
    event |= draw(some.dictionaries(more, things(), max_size=1))
    odd = draw(some.integers(0, 15))
    if odd == 0:
        event[draw(some.sampled_from(list(event)))] = draw(things())
    elif odd == 1:
        del event[draw(some.sampled_from(list(event)))]
    return dict(draw(some.permutations(list(event.items()))))


@some.composite
def frames(draw: some.DrawFn) -> bytes:
    event = draw(events())
    wrapped = {"stream": draw(some.sampled_from(["btcusdt@trade", "x"] if draw(seldom) else ["Ä", ""])), "data": event}
    odd = [dict(reversed(wrapped.items())), {**wrapped, "e": "trade"}, {"data": event}]
    outer = draw(some.sampled_from([event, wrapped] if draw(seldom) else odd))
    spaces = [(",", ":"), (", ", ": "), (" , ", " : ")] if draw(seldom) else [(",\n", ":\t")]
    spaced = draw(some.sampled_from(spaces))
    return json.dumps(outer, separators=spaced, ensure_ascii=draw(some.booleans())).encode(errors="surrogatepass")


@drawn
@given(payloads=some.lists(frames(), max_size=4))
def test_whatever_binance_may_send_becomes_the_same_rows(reader: Scanner, payloads: list[bytes]) -> None:
    same(reader, decode, payloads, SYMBOLS)


@drawn
@given(payloads=some.lists(frames() | some.sampled_from(PLAIN), min_size=1, max_size=3), data=some.data())
def test_whatever_befalls_frames_the_rows_and_refusals_are_the_same(
    reader: Scanner, payloads: list[bytes], data: some.DataObject
) -> None:
    damaged = [data.draw(harmed(payload)) for payload in payloads]
    same(reader, decode, damaged, SYMBOLS)


@given(text=decimals() | rare())
def test_a_price_is_the_nearest_float_whoever_reads_it(reader: Scanner, text: str) -> None:
    frame = b'{"e":"trade","s":"BTCUSDT","t":1,"p":"%s","q":"1","T":1,"m":true}' % text.encode()
    told = scanned(reader, decode, [frame], SYMBOLS)
    assert told.rows == checked(decode, [frame], SYMBOLS).rows
    if told.scanned:
        assert told.prices == [float(text)]


@given(payloads=some.lists(some.binary(max_size=60), max_size=4))
def test_any_bytes_are_refused_alike(reader: Scanner, payloads: list[bytes]) -> None:
    same(reader, decode, payloads, SYMBOLS)


def test_what_binance_sends_the_scanner_reads_by_itself(reader: Scanner) -> None:
    spaced = [json.dumps(json.loads(frame)).encode() for frame in PLAIN]  # as our exchange sends them
    bare = [json.dumps(json.loads(frame)["data"]).encode() for frame in PLAIN]
    assert same(reader, decode, [*PLAIN, *spaced, *bare], SYMBOLS) == 12
    assert same(reader, decode, [FRAMES[number][1] for number in range(9)], SYMBOLS) == 5


@pytest.mark.parametrize(
    "more",
    [
        b'"p":"1"', b'"p":"1e2","x":1', b'"m":1', b'"id":1', b'"code":7', b'"X":[1]', b'"X":{}', b'"X":-1',
        b'"X":"\\n"', b'"X":01', b'"X":nul', b'"p":"12345678901234567890.5"', b'"p":"0.1234567890123456789"',
        b'"p":"9007199254740993.5"',
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_checked_path(reader: Scanner, more: bytes) -> None:
    usual = {"e": "trade", "s": "BTCUSDT", "t": 1, "p": "1.5", "q": "1", "T": 1, "m": True}
    if more != b'"p":"1"':  # that one comes twice
        usual.pop(more[1:2].decode(), None)
    frame = json.dumps(usual).encode()[:-1] + b"," + more + b"}"
    assert same(reader, decode, [PLAIN[0], frame, PLAIN[1]], SYMBOLS) == 2


def test_best_prices_without_a_time_have_ours(reader: Scanner) -> None:
    ((_, row),) = scanned(reader, decode, [PLAIN[0]], SYMBOLS).rows
    assert row[:8] == row[8:16] == TS.to_bytes(8, "little")
