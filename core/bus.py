"""The bus: batches from the market process to every gateway, over a Unix socket, or in memory within a process.

A frame is a length, a kind byte and raw rows: nothing is encoded per message. Who connects is told the catalogue first.
Each gateway has a bound in bytes; a batch that does not fit is dropped for that gateway alone, counted, and told to it
in a `lost` frame as soon as there is room, so that it can mark the hole.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from core.errors import BadInput, ConfigError, Unavailable
from core.events import Batch, kind
from core.framing import ROWS, Message, Reader, Told, packed, told
from core.ports import Catalogue


class BusServer:
    """The market's end: a sink. `url` is unix:///path or memory://name."""

    def __init__(self, url: str, *, capacity: int = 64 << 20) -> None:
        self.put_rows: Counter[str] = Counter()
        self._url = url
        self._capacity = capacity
        self._gateways: set[_Gateway] = set()
        self._catalogue = b""
        self._server: asyncio.Server | None = None
        self._pending: list[bytes] = []
        self._pending_rows: Counter[str] = Counter()

    async def start(self, catalogue: Catalogue) -> None:
        self._catalogue = told("catalogue", catalogue)
        scheme, _, rest = self._url.partition("://")
        if scheme == "memory":
            _IN_MEMORY[rest] = self
            return
        path = _socket_path(self._url)
        if await _answers(path):
            raise BadInput(
                f"another Candela is running on {path.parent}; stop it, or choose another folder with --data"
            )
        if path.exists() and not path.is_socket():
            raise BadInput(f"expected a socket or nothing at {path}, found something else; move it away")
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _Gateway(self), str(path))

    def put(self, batch: Batch) -> None:
        what = kind(batch)
        if what in ROWS:
            self.put_rows[what] += len(batch)
            self._pending += packed(what, batch)
            self._pending_rows[what] += len(batch)
            if len(self._pending) == 2:
                asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """All that was put since, in one write: a write wakes the reader, which costs more than rows.

        Without a call it happens at the end of this turn of the loop.
        """
        if not self._pending:
            return
        frames, rows = b"".join(self._pending), self._pending_rows
        self._pending, self._pending_rows = [], Counter()
        for gateway in self._gateways:
            gateway.send(frames, rows)

    def tell(self, stats: Told) -> None:
        """Send the market's own figures to every gateway."""
        self.flush()
        for gateway in self._gateways:
            gateway.send(told("stats", stats))

    def announce(self, catalogue: Catalogue) -> None:
        """Send the catalogue again: it has new names."""
        self.flush()
        self._catalogue = told("catalogue", catalogue)
        for gateway in self._gateways:
            gateway.send(self._catalogue, always=True)  # without its names the rows after it would be unreadable

    def close(self) -> None:
        self.flush()
        if self._server is not None:
            self._server.close()
        _IN_MEMORY.pop(self._url.partition("://")[2], None)

    async def drain(self) -> None:
        """Wait until every gateway has read all, a second at most: one that does not read keeps nobody."""
        for gateway in list(self._gateways):
            await gateway.finish()

    def greet(self, gateway: "_Gateway") -> None:
        self._gateways.add(gateway)
        gateway.send(self._catalogue)

    def leave(self, gateway: "_Gateway") -> None:
        self._gateways.discard(gateway)

    @property
    def capacity(self) -> int:
        return self._capacity


class _Gateway(asyncio.Protocol):
    """One connected gateway, seen from the market."""

    def __init__(self, server: BusServer) -> None:
        self._server = server
        self._lost: Counter[str] = Counter()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream server gives transports that write
        self._server.greet(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 asyncio's signature
        self._server.leave(self)

    def send(self, frames: bytes, rows: Counter[str] | None = None, *, always: bool = False) -> None:
        if self._transport is None:
            return
        full = self._transport.get_write_buffer_size() + len(frames) > self._server.capacity
        if full and not always:
            self._lost.update(rows or ())
            return
        if self._lost and not full:
            self._transport.write(told("lost", dict(self._lost)))
            self._lost.clear()
        self._transport.write(frames)

    async def finish(self) -> None:
        for _ in range(100):
            if self._transport is None or self._transport.get_write_buffer_size() == 0:
                break
            await asyncio.sleep(0.01)
        if self._transport is not None:
            self._transport.close()


async def listen(url: str, take: Callable[[Message], None], connected: Callable[[], None]) -> None:
    """The gateway's end: `take` is called with each message, on the loop as its bytes come in, until the market goes.

    Unavailable when it is not there. `connected` is called once it is.
    """
    loop = asyncio.get_running_loop()
    scheme, _, rest = url.partition("://")
    if scheme == "memory":
        if rest not in _IN_MEMORY:
            raise Unavailable(f"no market listens on {url} in this process")
        ours, theirs = socket.socketpair()
        await loop.connect_accepted_socket(lambda: _Gateway(_IN_MEMORY[rest]), theirs)
        transport, reader = await loop.create_connection(lambda: Reader(take), sock=ours)
    else:
        try:
            transport, reader = await loop.create_unix_connection(lambda: Reader(take), str(_socket_path(url)))
        except OSError:
            raise Unavailable(f"the market process does not answer on {url}; start it with `candela up`") from None
    connected()
    try:
        await reader.gone
    finally:
        transport.close()


def _socket_path(url: str) -> Path:
    scheme, _, path = url.partition("://")
    if scheme != "unix" or not path.startswith("/"):
        raise ConfigError(f"expected a bus.url of unix:///path/to/socket or memory://name, found {url!r}")
    if len(path.encode()) > 100:
        raise ConfigError(
            f"the socket path {path} is longer than the 100 bytes a system allows; choose a shorter --data"
        )
    return Path(path)


async def _answers(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return False
    writer.close()
    return True


_IN_MEMORY: dict[str, BusServer] = {}
