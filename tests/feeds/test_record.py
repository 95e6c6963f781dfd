"""Recordings: written exactly, read again exactly, playable by the exchange and by a replay."""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.errors import BadInput, CandelaError
from core.events import Batch, Symbols, joined, kind
from core.ports import Subscription, Venue
from feeds import ALPACA, BINANCE
from feeds.exchange import Exchange
from feeds.played import brings_bars, recorded
from feeds.recorder import Recorder
from feeds.recording import head, lines
from feeds.replay import ReplayFeed
from feeds.socket import SocketFeed
from tests.feeds.made import NAMES, exchange, listen, minutes, subscription, until

FRAMES = Path(__file__).parent / "frames/binance.txt"


async def taken_down(venue: Exchange, of: Venue, path: Path, asked: Subscription | None = None) -> list[Batch]:
    """Record a session to its end; the batches that a feed had of it meanwhile."""
    await venue.start()
    asked = asked or subscription()
    recorder = Recorder(path, asked.channels)
    feed = SocketFeed(recorder.hearing(of), asked, Symbols(NAMES), url=venue.url(of.name))
    got: list[Batch] = []
    writing, listening = asyncio.create_task(recorder.run()), asyncio.create_task(listen(feed, got))
    await asyncio.wait_for(venue.finished.wait(), 60)
    await venue.stop()
    feed.close()
    await listening
    recorder.close()
    await writing
    assert recorder.written == recorder.frames == feed.stats.frames
    assert recorder.bytes == len(path.read_bytes())  # noqa: ASYNC240 a small file
    return got


def frames(path: Path) -> list[bytes]:
    return [frame for _, frame in lines(path)]


def again(path: Path) -> Exchange:
    """An exchange that plays a recording."""
    bars = None if brings_bars(path) else minutes()
    return Exchange(recorded(path, symbols := Symbols(NAMES)), symbols, bars, key="key", secret="secret", speed=0)


async def replayed(path: Path) -> list[Batch]:
    return [batch async for batch in ReplayFeed(path, Symbols(NAMES))]


def rows(batches: list[Batch], what: str) -> list[Any]:
    found = joined([batch for batch in batches if kind(batch) == what])
    return list(zip(found["ts_event"].tolist(), found["ts_recv"].tolist(), found["symbol"].tolist(), strict=True))


@pytest.mark.parametrize("of", [ALPACA, BINANCE], ids=lambda venue: venue.name)
async def test_record_exchange_record_is_equal_byte_for_byte_and_replays_as_it_was_heard(
    of: Venue, tmp_path: Path
) -> None:
    asked = subscription() if of is ALPACA else Subscription(tuple(NAMES), ("trades", "quotes"))
    got = await taken_down(exchange(62, rate=50.0), of, tmp_path / "one.gz", asked)
    await taken_down(again(tmp_path / "one.gz"), of, tmp_path / "two.gz", asked)
    assert frames(tmp_path / "one.gz") == frames(tmp_path / "two.gz")
    assert len(frames(tmp_path / "one.gz")) > 400
    assert head(tmp_path / "one.gz").channels == asked.channels
    played = await replayed(tmp_path / "one.gz")
    for what in asked.channels:
        assert rows(played, what) == rows(got, what)


async def test_a_client_of_a_recording_gets_of_its_frames_what_it_asked_for(tmp_path: Path) -> None:
    await taken_down(exchange(62, rate=50.0), ALPACA, tmp_path / "one.gz")
    some_of = Subscription(("AAPL", "MSFT"), ("trades", "bars"), "key", "secret")
    got = await taken_down(again(tmp_path / "one.gz"), ALPACA, tmp_path / "two.gz", some_of)
    whole = await replayed(tmp_path / "one.gz")
    for what in ("trades", "bars"):
        expected = joined([batch for batch in whole if kind(batch) == what])
        expected = expected[expected["symbol"] < 2]
        assert [row[0] for row in rows(got, what)] == expected["ts_event"].tolist()
    assert {kind(batch) for batch in got} == {"trades", "bars", "time", "gaps"}  # the exchange ended


@settings(max_examples=30, deadline=None)
@given(some.lists(some.tuples(some.integers(0, 2**62), some.binary(min_size=1, max_size=40))))
def test_any_frame_is_written_and_read_again_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, given_: list[tuple[int, bytes]]
) -> None:
    path = tmp_path_factory.mktemp("any") / "frames.gz"

    async def write() -> None:
        recorder = Recorder(path, ("trades",))
        recorder.hearing(BINANCE)
        for ts_recv, frame in given_:
            recorder.put(ts_recv, frame)
        recorder.close()
        await recorder.run()

    asyncio.run(write())
    assert list(lines(path)) == given_
    assert head(path).venue is BINANCE


async def test_frames_of_before_are_read_as_they_were_and_json_stays_readable(tmp_path: Path) -> None:
    old = FRAMES.read_bytes().splitlines()
    assert list(lines(FRAMES)) == [(int(line[:19]), line[20:]) for line in old]
    assert (head(FRAMES).venue, head(FRAMES).channels) == (BINANCE, ())
    recorder = Recorder(tmp_path / "new.gz", ("trades",))
    wrapped = recorder.hearing(BINANCE)
    decoded = [
        wrapped.decode(frame, Symbols(grows=True), ts_recv) for ts_recv, frame in lines(FRAMES) if frame[:1] == b"{"
    ]
    recorder.close()
    await recorder.run()
    assert sum(len(batch) for each in decoded for batch in each.batches) == 5
    text = gzip.decompress((tmp_path / "new.gz").read_bytes()).splitlines()
    assert json.loads(text[0][1:]) == {"venue": "binance", "channels": ["trades"]}
    assert text[1:] == [line for line in old if line[20:21] == b"{"]


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        (b"# nonsense", 'expected a first line such as # {"venue":"alpaca"}'),
        (b'# {"venue":"binanse"}', "found 'binanse', did you mean 'binance'?"),
        (b'# {"venue":"alpaca"}\n1 =not base64', "line 2: expected a receive time in nanoseconds, a space and a frame"),
    ],
)
def test_what_is_no_recording_is_said(first: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(first)
    with pytest.raises(BadInput) as error:
        list(recorded(tmp_path / "bad.txt", Symbols(grows=True)))
    assert sentence in str(error.value)


async def test_a_name_that_is_taken_and_a_full_disk_are_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is there already: choose another name"):
        Recorder(FRAMES, ()).hearing(BINANCE)
    with pytest.raises(BadInput, match=r"cannot write to .*: No such file or directory"):
        Recorder(tmp_path / "none/frames.gz", ()).hearing(BINANCE)
    recorder = Recorder(Path("/dev/full"), ("trades",))
    recorder.hearing(BINANCE)
    recorder.put(1, b"{}")
    with pytest.raises(
        CandelaError, match="cannot write to /dev/full: No space left on device; 0 of 1 frames are in it"
    ):
        await recorder.run()


async def test_what_is_written_can_be_read_while_the_recording_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "live.gz"
    recorder = Recorder(path, ("trades",))
    recorder.hearing(ALPACA)
    writing = asyncio.create_task(recorder.run())
    for number in range(3):
        recorder.put(number, b"\x93" + bytes([number]))
        await until(lambda: recorder.written == recorder.frames, 2)
        assert [ts_recv for ts_recv, _ in lines(path)] == list(range(number + 1))
    recorder.close()
    await writing
