"""The WebSocket: upgrades, pieces, pings, goodbyes, whatever is wrong, and how much may wait."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

import feeds.socket
from core.errors import BadInput
from core.events import TRADE, Batch, Symbols
from feeds import ALPACA
from feeds.scanner import Scanner
from feeds.socket import SocketFeed
from feeds.websocket import WebSocket, connect
from tests.feeds.made import kernels, subscription
from tests.feeds.scanned import framed
from tests.feeds.test_alpaca import QUOTE_MESSAGE, TRADE_MESSAGE, packed

Talk = Callable[[ServerConnection], Awaitable[None]]
SYMBOLS = Symbols(["AAPL", "MSFT"])


class Kept:
    """A reader that keeps what it is given."""

    def __init__(self, scanner: Scanner | None = None) -> None:
        self.scanner = scanner
        self.messages: list[bytes] = []
        self.batches: list[Batch] = []
        self.frames, self.stamps = 0, list[int]()

    def opened(self, connection: WebSocket) -> None:
        connection.send(b"hello")

    def scanned(self, batches: Sequence[Batch], scanner: Scanner) -> None:
        self.batches += batches
        self.frames += scanner.frames

    def received(self, connection: WebSocket, message: bytes, ts_recv: int) -> None:
        assert not connection.lost.done()
        self.messages.append(message)
        self.stamps.append(ts_recv)


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(ALPACA.scanner, SYMBOLS, kernels())


@asynccontextmanager
async def venue(talk: Talk) -> AsyncIterator[str]:
    async def met(connection: ServerConnection) -> None:
        assert await connection.recv() == b"hello"
        await talk(connection)

    async with serve(met, "127.0.0.1", 0, ping_interval=None) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def told(talk: Talk, reader: Kept) -> str:
    """Why the connection to a venue that talks so ended."""
    async with venue(talk) as url:
        connection = await connect(url, reader, {}, time.time_ns)
        return await asyncio.wait_for(connection.watch(10.0, 10.0), 10)


async def raw(connection: ServerConnection, *frames: bytes) -> None:
    """Bytes that are no message of the library's."""
    for frame in frames:
        connection.transport.write(frame)
        await asyncio.sleep(0.02)


async def test_plain_frames_are_scanned_and_others_received_whole(scanner: Scanner) -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.send([b"in ", b"three ", b"pieces"])
        await connection.send(packed(TRADE_MESSAGE, QUOTE_MESSAGE))
        await connection.send("text")
        await (await connection.ping())  # answered, or this never ends
        await connection.send(packed(TRADE_MESSAGE))

    reader, began = Kept(scanner), time.time_ns()
    assert await told(talk, reader) == "the venue closed the connection"
    assert began < reader.stamps[0] <= reader.batches[0]["ts_recv"][0] <= reader.stamps[1] < time.time_ns()
    assert reader.messages == [b"in three pieces", b"text"]
    assert ([len(batch) for batch in reader.batches], reader.frames) == ([1, 1, 1], 2)


async def test_a_frame_in_the_middle_of_a_message_in_pieces_is_not_scanned(scanner: Scanner) -> None:
    async def talk(connection: ServerConnection) -> None:
        first = Frame(Opcode.BINARY, b"half ", fin=False).serialize(mask=False)
        await raw(connection, first + framed(b"", 9) + Frame(Opcode.CONT, b"whole").serialize(mask=False))
        await raw(connection, first + framed(packed(TRADE_MESSAGE)))
        with pytest.raises(ConnectionClosed):
            await connection.recv()
        assert connection.close_code == 1002

    reader = Kept(scanner)
    await told(talk, reader)
    assert (reader.messages, reader.batches) == ([b"half whole"], [])


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (Frame(Opcode.BINARY, b"x").serialize(mask=True), 1002),
        (b"\xc2\x01x", 1002),
        (b"\x82\x7f" + (1 << 40).to_bytes(8, "big"), 1009),
        (b"\x83\x00", 1002),
    ],
    ids=["masked", "reserved", "too long", "unknown"],
)
async def test_a_frame_against_the_protocol_ends_the_connection_and_says_so(
    scanner: Scanner, frame: bytes, code: int
) -> None:
    async def talk(connection: ServerConnection) -> None:
        await raw(connection, framed(packed(TRADE_MESSAGE)), frame, framed(packed(TRADE_MESSAGE)))
        with pytest.raises(ConnectionClosed):
            await connection.recv()
        assert connection.close_code == code

    reader = Kept(scanner)
    await told(talk, reader)
    assert len(reader.batches) == 1


async def test_frames_of_any_size_arrive_however_they_are_cut(scanner: Scanner) -> None:
    sizes = (1, 60, 1_000, 20_000)  # the longest is larger than what one read may bring

    async def talk(connection: ServerConnection) -> None:
        for size in sizes:
            frame = framed(packed(*[TRADE_MESSAGE] * size))
            for at in (1, 3, 9, len(frame) // 2):
                await raw(connection, frame[:at])
                connection.transport.write(frame[at:])

    reader = Kept(scanner)
    await told(talk, reader)
    assert sum(map(len, reader.batches)) == 4 * sum(sizes[:3])
    assert [len(message) for message in reader.messages] == [len(packed(*[TRADE_MESSAGE] * 20_000))] * 4


async def test_a_server_that_is_none_is_named_in_words() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        with pytest.raises(ConnectionError, match=r"expected an upgrade to a WebSocket, found 'HTTP/1\.1 429 Too"):
            await connect(url, Kept(), {}, time.time_ns)
        await asyncio.sleep(0.05)  # the server sees that we left


async def test_an_upgrade_that_is_wrong_or_never_comes_is_an_error() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if b"/wrong" in asked:
            head = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n"
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\n" + head)
            await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(ConnectionError, match="Sec-WebSocket-Accept"):
            await connect(f"{url}/wrong", Kept(), {}, time.time_ns)
        with pytest.raises(ConnectionError, match="the venue closed the connection"):
            await connect(f"{url}/gone", Kept(), {}, time.time_ns)
        await asyncio.sleep(0.05)  # the server sees that we left


async def test_an_address_that_is_none_is_bad_input() -> None:
    with pytest.raises(BadInput, match="expected an address such as wss://host/path"):
        await connect("http://127.0.0.1/", Kept(), {}, time.time_ns)


async def test_a_venue_that_answers_no_ping_is_left() -> None:
    mute = asyncio.Event()

    async def quiet(connection: ServerConnection) -> None:
        await asyncio.sleep(0.3)  # pings are answered meanwhile
        connection.transport.pause_reading()
        await mute.wait()
        connection.transport.resume_reading()

    async with venue(quiet) as url:
        began = time.monotonic()
        connection = await connect(url, Kept(), {}, time.time_ns)
        reason = await asyncio.wait_for(connection.watch(0.05, 0.1), 5)
        mute.set()
    assert reason == "the venue was silent for 0.05 s and did not answer a ping in 0.1 s"
    assert 0.3 < time.monotonic() - began < 2


@pytest.mark.parametrize("compiled", [True, False])
def test_a_burst_that_nobody_takes_waits_outside_and_none_of_it_is_lost(
    monkeypatch: pytest.MonkeyPatch, *, compiled: bool
) -> None:
    """On uvloop, as in the market process."""
    monkeypatch.setattr(feeds.socket, "_ROOM", 50_000)
    frame = packed(*[{**TRADE_MESSAGE, "i": number} for number in range(100)])

    async def talk(connection: ServerConnection) -> None:
        for _ in range(3_000):
            await connection.send(frame)
        await connection.wait_closed()

    async def burst() -> list[Batch]:
        async with serve(talk, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            folder = kernels() if compiled else None
            feed, got = SocketFeed(ALPACA, subscription(), SYMBOLS, url=url, kernels=folder), list[Batch]()
            async for batch in feed:
                if len(got) == 0:
                    await asyncio.sleep(0.5)
                    assert feed.stats.received["trades"] < 150_000  # reading paused
                if batch.dtype is TRADE:
                    got.append(batch)
                if feed.stats.received["trades"] == sum(map(len, got)) == 300_000:
                    feed.close()
            return got

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ids = np.concatenate([batch["trade_id"] for batch in runner.run(asyncio.wait_for(burst(), 60))])
    assert ids.tolist() == list(range(100)) * 3_000
