"""A WebSocket of a venue: bytes straight from the socket to a compiled scanner, all that is not plain to the protocol.

Whole, unmasked data frames, which is nearly all a venue sends, are read by the scanner where the socket put them. The
upgrade, pings, closes, messages in pieces and whatever is wrong go through websockets' own protocol, which does no I/O.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import Protocol, cast

import numpy as np
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidURI
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import WebSocketURI, parse_uri

from core.errors import BadInput, one_line
from core.events import Batch
from core.ports import Clock
from feeds.scanner import Scanner
from feeds.scanning import CONTROL, LARGEST, ODD, SHORT

_ROOM = 1 << 18  # bytes that one read may bring; half and twice of it cost the same
_UPGRADE_S = 5.0
_HEAD = 1 << 16  # bytes that the answer to an upgrade may have
_DATA = (Opcode.CONT, Opcode.TEXT, Opcode.BINARY)


class Reader(Protocol):
    """What is done with what a venue sends."""

    @property
    def scanner(self) -> Scanner | None:
        """What reads plain frames; without it every message is `received`."""
        ...

    def opened(self, connection: "WebSocket") -> None: ...
    def scanned(self, batches: Sequence[Batch], scanner: Scanner) -> None: ...
    def received(self, connection: "WebSocket", message: bytes, ts_recv: int) -> None: ...


class WebSocket(asyncio.BufferedProtocol):
    """One connection, from its upgrade to its end; made by `connect`."""

    def __init__(self, uri: WebSocketURI, reader: Reader, headers: Mapping[str, str], now: Clock) -> None:
        loop = asyncio.get_running_loop()
        self.open: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()
        self._protocol = ClientProtocol(uri, max_size=LARGEST)
        self._reader, self._headers, self._now = reader, headers, now
        self._transport: asyncio.Transport | None = None
        self._parts: list[bytes] = []  # of a message that came in pieces so far
        self._reads, self.paused = 0, False
        self._at = self._end = 0
        self._take(bytearray(_ROOM))

    def _take(self, buffer: bytearray) -> None:
        self._buffer, self._view = buffer, memoryview(buffer)
        self._address = np.frombuffer(buffer, dtype=np.uint8).ctypes.data

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without saying so
        request = self._protocol.connect()
        request.headers.update(self._headers)
        self._protocol.send_request(request)
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        reason = one_line(exc) if exc else "the venue closed the connection"
        if not self.open.done():
            self.open.set_exception(ConnectionError(reason))
        if not self.lost.done():
            self.lost.set_result(reason)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 asyncio's signature
        return self._view[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        ts_recv = self._now()
        self._end += nbytes
        self._reads += 1
        if not self.open.done():
            self._upgrade()
        if self.open.done():
            self._read(ts_recv)
            if self._protocol.state is not State.OPEN:
                self._at = self._end  # behind a goodbye nothing counts
        self._make_room()

    def _upgrade(self) -> None:
        """Look for the venue's answer; frames may follow it in the same read."""
        found = self._buffer.find(b"\r\n\r\n", 0, self._end)
        if found < 0 and self._end < _HEAD:
            return
        status = bytes(self._view[: self._end]).partition(b"\r\n")[0].decode(errors="replace")
        if " 101 " in f"{status} ":
            self._at = found + 4
            self._protocol.receive_data(self._buffer[: self._at])
            error = self._protocol.handshake_exc
        else:
            error = ConnectionError(f"expected an upgrade to a WebSocket, found {status[:200]!r}")
        if error is None:
            self.open.set_result(None)
            self._protocol.events_received()
            self._reader.opened(self)
        else:
            self.open.set_exception(ConnectionError(one_line(error)))

    def _read(self, ts_recv: int) -> None:
        scanner, said = self._reader.scanner, CONTROL
        while self._protocol.state is State.OPEN and said != SHORT:
            if scanner is None:
                self._at, begin = self._end, self._at
                self._protocols(begin, self._end, ts_recv)
                return
            said = scanner.scan(self._address, self._at, self._end, ts_recv, whole=not self._parts)
            self._at, payload, length, behind = scanner.frame
            if scanner.frames:
                self._reader.scanned(scanner.batches(), scanner)
            if said == ODD:
                self._at = behind
                self._reader.received(self, bytes(self._view[payload : payload + length]), ts_recv)
            elif said == CONTROL:
                self._at, begin = behind, self._at
                self._protocols(begin, behind, ts_recv)

    def _protocols(self, begin: int, end: int, ts_recv: int) -> None:
        """Give bytes to the protocol, answer what it answers, put messages together."""
        self._protocol.receive_data(self._buffer[begin:end])
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in _DATA:
                self._parts.append(bytes(event.data))
                if event.fin:
                    message = b"".join(self._parts)
                    self._parts.clear()
                    self._reader.received(self, message, ts_recv)
        self._flush()
        if self._protocol.close_expected():
            self._close()

    def _make_room(self) -> None:
        """Move half a frame to the front, so that the next read has room for its rest."""
        left = self._end - self._at
        if self._at:
            self._view[:left] = self._view[self._at : self._end]
        self._at, self._end = 0, left
        if left == len(self._buffer):
            self._take(self._buffer + bytearray(left))

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data and self._transport is not None:
                self._transport.write(data)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def send(self, message: bytes | str) -> None:
        """Binary for bytes, text for text."""
        if self._protocol.state is State.OPEN:
            send = self._protocol.send_binary if isinstance(message, bytes) else self._protocol.send_text
            send(message if isinstance(message, bytes) else message.encode())
            self._flush()

    def disconnect(self) -> None:
        """Say goodbye and close, once what was sent is out."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            self._flush()
        self._close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def pause_reading(self) -> None:
        if self._transport is not None and not self.paused:
            self.paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None and self.paused:
            self.paused = False
            self._transport.resume_reading()

    async def watch(self, idle_s: float, reply_s: float) -> str:
        """Wait for the end and say why it came; ping a venue that is silent for long, end when that has no answer."""
        while True:
            reads = self._reads
            if await self._ends_within(idle_s):
                return self.lost.result()
            if reads != self._reads or self.paused:
                continue
            self._protocol.send_ping(b"")
            self._flush()
            if not await self._ends_within(reply_s) and reads == self._reads:
                self.abort()
                return f"the venue was silent for {idle_s:g} s and did not answer a ping in {reply_s:g} s"

    async def _ends_within(self, seconds: float) -> bool:
        await asyncio.wait([self.lost], timeout=seconds)
        return self.lost.done()


async def connect(url: str, reader: Reader, headers: Mapping[str, str], now: Clock) -> WebSocket:
    """A connection that is open; OSError when there is none to be had."""
    try:
        uri = parse_uri(url)
    except InvalidURI as error:
        raise BadInput(f"expected an address such as wss://host/path as the feed's url: {one_line(error)}") from None
    async with asyncio.timeout(_UPGRADE_S):
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: WebSocket(uri, reader, headers, now),
            uri.host,
            uri.port,
            ssl=ssl.create_default_context() if uri.secure else None,
        )
        try:
            await connection.open
        except BaseException:
            connection.abort()
            raise
    return connection
