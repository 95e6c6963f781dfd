"""The local exchange: a server that plays a session over a venue's real wire protocol.

Alpaca's stock stream on /v2/iex, /v2/sip and /v2/test; Binance's on /stream?streams=… and /ws/…. All clients share one
timeline, which begins when the first of them has subscribed; who comes later joins it where it is.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from core.bank import NO_TRADES, Bank
from core.errors import BadFrame, BadInput
from core.events import BAR, SECOND, TRADE, Batch, Symbols
from core.log import logger
from feeds import binance
from feeds.clients import AlpacaClient, BinanceClient, Client, Frame
from feeds.replay import lines, session
from feeds.stats import FeedStats

_MS = 1_000_000
_QUEUE = 4_096  # frames that may wait for one client before it is a slow one
_AUTH_S = 10.0


@dataclass(frozen=True, slots=True)
class Played:
    """One moment of a session: its rows, and the recorded frame they came from, if any."""

    ts: int
    batches: tuple[Batch, ...]
    raw: bytes | None = None


def recorded(path: Path, symbols: Symbols) -> Iterator[Played]:
    """A recorded file as a session: venue frames as they were, CSV and Parquet as rows."""
    if path.name.removesuffix(".gz").endswith((".csv", ".parquet")):
        return ((Played(int(batch["ts_recv"][0]), (batch,))) for batch in session(path, symbols, FeedStats()))
    if not path.is_file():
        raise BadInput(f"expected a recorded session, found no file {path}")
    return _recorded_frames(path, symbols)


def _recorded_frames(path: Path, symbols: Symbols) -> Iterator[Played]:
    for ts_recv, frame in lines(path):
        try:
            batches = tuple(binance.decode(frame, symbols, ts_recv).batches)
        except BadFrame:
            batches = ()
        yield Played(ts_recv, batches, frame)


def played(batches: Iterable[Batch]) -> Iterator[Played]:
    """A simulated session, its neighbours of one millisecond together."""
    held: list[Batch] = []
    for batch in batches:
        if held and batch["ts_event"][0] // _MS != held[0]["ts_event"][0] // _MS:
            yield Played(int(held[0]["ts_event"][0]), tuple(held))
            held = []
        held.append(batch)
    if held:
        yield Played(int(held[0]["ts_event"][0]), tuple(held))


@dataclass(eq=False)
class _Seat:
    client: Client
    queue: "asyncio.Queue[tuple[Frame, dict[str, int]] | None]"


class Exchange:
    """`start`, then `port`; `sent` counts rows by kind as they went out; `finished` is set after the session's end.

    `speed` 0 is as fast as the readers take it, 1 the original pace. With `rebase` the session happens now.
    """

    def __init__(  # noqa: PLR0913 each is a choice of the one who starts it
        self,
        source: Iterator[Played],
        symbols: Symbols,
        bars: Bank,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str = "",
        secret: str = "",
        speed: float = 1.0,
        rebase: bool = False,
    ) -> None:
        self.sent: Counter[str] = Counter()
        self.finished = asyncio.Event()
        self.port = port
        self.host = host
        self._source, self._symbols, self._speed, self._rebase = source, symbols, speed, rebase
        self._account = (key, secret)
        self._seats: set[_Seat] = set()
        self._someone = asyncio.Event()
        self._bars = bars
        self._server: Server | None = None
        self._player: asyncio.Task[None] | None = None

    async def start(self) -> None:
        try:
            self._server = await serve(
                self._welcome, self.host, self.port, compression=None, process_request=_known_path, ping_interval=20
            )
        except OSError:
            raise BadInput(
                f"port {self.port} on {self.host} is in use: choose another with --port, or 0 for any free one"
            ) from None
        self.port = self._server.sockets[0].getsockname()[1]
        self._player = asyncio.create_task(self._play())

    async def stop(self) -> None:
        """Play no further; what was played still reaches its readers, who are then told goodbye."""
        if self._player is not None:
            self._player.cancel()
            await asyncio.gather(self._player, return_exceptions=True)
        for seat in list(self._seats):
            await seat.queue.put(None)
        for _ in range(500):
            if not self._seats:
                break
            await asyncio.sleep(0.01)
        if self._server is not None:
            self._server.close(code=1001, reason="the exchange closes")
            await self._server.wait_closed()

    def url(self, venue: str) -> str:
        """Where a feed of that venue finds this exchange."""
        streams = "/".join(f"{name.lower()}@{kind}" for name in self._symbols.names for kind in ("trade", "bookTicker"))
        path = "/v2/iex" if venue == "alpaca" else f"/stream?streams={streams}"
        return f"ws://{self.host}:{self.port}{path}"

    async def _welcome(self, connection: ServerConnection) -> None:
        seat = _Seat(self._client(connection.request), asyncio.Queue(_QUEUE))  # type: ignore[arg-type]  # set once open
        for frame in seat.client.greeting():
            await connection.send(frame)
        writing = asyncio.create_task(self._write(seat, connection))
        patience = asyncio.create_task(self._authenticate_in_time(seat, connection))
        self._seats.add(seat)
        try:
            async for message in connection:
                for frame in seat.client.handle(message):
                    await connection.send(frame)
                if seat.client.listens:
                    self._someone.set()
            await seat.queue.put(None)
        except ConnectionClosed:
            pass
        finally:
            self._seats.discard(seat)
            for task in (writing, patience):
                task.cancel()
            await asyncio.gather(writing, patience, return_exceptions=True)

    def _client(self, request: Request) -> Client:
        address = urlsplit(request.path)
        if address.path.startswith("/v2/"):
            binary = "msgpack" in request.headers.get("Content-Type", "")
            return AlpacaClient(self._symbols.names, *self._account, binary=binary)
        if address.path == "/stream":
            streams = parse_qs(address.query).get("streams", [""])[0].split("/")
            client = BinanceClient(self._symbols.names, streams, combined=True)
        else:
            client = BinanceClient(self._symbols.names, [address.path.removeprefix("/ws/")], combined=False)
        if client.listens:
            self._someone.set()
        return client

    async def _authenticate_in_time(self, seat: _Seat, connection: ServerConnection) -> None:
        await asyncio.sleep(_AUTH_S)
        if isinstance(seat.client, AlpacaClient) and not seat.client.authenticated:
            await connection.send(seat.client.timed_out())
            await connection.close(seat.client.leaves, "auth timeout")

    async def _write(self, seat: _Seat, connection: ServerConnection) -> None:
        try:
            while (item := await seat.queue.get()) is not None:
                await connection.send(item[0])
                self.sent.update(item[1])
            await connection.close(1001, "the exchange closes")
        except ConnectionClosed:
            return

    async def _play(self) -> None:
        await self._someone.wait()
        began, first, shift = time.time_ns(), 0, 0
        for moment in self._source:
            first = first or moment.ts
            if self._speed > 0:
                ahead = (moment.ts - first) / self._speed - (time.time_ns() - began)
                if ahead > 2 * _MS:
                    await asyncio.sleep(ahead / SECOND)
            shift = began - first if self._rebase else 0
            await self._show(moment, shift)
        last = moment.ts + 60 * SECOND + shift if first else 0
        await self._show(Played(last, ()), 0)
        self.finished.set()
        logger().info("session_played", sent=dict(self.sent))

    async def _show(self, moment: Played, shift: int) -> None:
        """Give a moment to everyone who listens; one who does not read holds back a session at full speed, and is sent
        away from one that has a pace to keep."""
        batches = [_shifted(batch, shift) for batch in moment.batches] if shift else list(moment.batches)
        batches += self._minute_bars(batches, moment.ts + shift)
        for seat in list(self._seats):
            for frame in seat.client.frames(batches, None if shift else moment.raw):
                if self._speed > 0 and seat.queue.full():
                    self._send_away(seat)
                    break
                await seat.queue.put(frame)
        await asyncio.sleep(0)  # let the writers write: one that is behind its pace would fill every queue at once

    def _send_away(self, seat: _Seat) -> None:
        logger().warning("slow_client", waiting=seat.queue.qsize())
        self._seats.discard(seat)
        while not seat.queue.empty():
            seat.queue.get_nowait()
        if isinstance(seat.client, AlpacaClient):
            seat.queue.put_nowait((seat.client.slow(), {}))
        seat.queue.put_nowait(None)

    def _minute_bars(self, batches: Sequence[Batch], now: int) -> list[Batch]:
        """The bars that ended; Alpaca sends one at each minute's end."""
        self._bars.grow(len(self._symbols))
        made = [out for batch in batches if batch.dtype is TRADE for out in self._bars.take(batch)]
        made += self._bars.take(NO_TRADES, now, now)
        return [out for out in made if out.dtype is BAR]


def _shifted(batch: Batch, shift: int) -> Batch:
    moved = batch.copy()
    moved["ts_event"] += shift
    return moved


def _known_path(connection: ServerConnection, request: Request) -> Response | None:
    path = urlsplit(request.path).path
    if path in ("/v2/iex", "/v2/sip", "/v2/test", "/stream") or path.startswith("/ws/"):
        return None
    return connection.respond(404, f"expected /v2/iex, /v2/sip, /v2/test, /stream?streams=… or /ws/…, found {path}\n")
