"""The local exchange: a server that plays a session over a venue's real wire protocol.

Alpaca's stock stream on /v2/iex, /v2/sip and /v2/test; Binance's on /stream?streams=… and /ws/…; what was played so far
by HTTP on the same port (feeds/rest.py). All clients share one timeline, which begins when the first of them has
subscribed; who comes later joins it where it is.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from core.bank import NO_TRADES, Bank
from core.errors import BadInput
from core.events import BAR, SECOND, TRADE, Batch, Symbols
from core.log import logger
from feeds.clients import AlpacaClient, BinanceClient, Client
from feeds.ledger import Ledger
from feeds.played import Played
from feeds.rest import Answer, History
from feeds.seats import Seat

_MS = 1_000_000
_AUTH_S = 10.0


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
        ledger: Ledger | None = None,
    ) -> None:
        self.sent: Counter[str] = Counter()
        self.finished = asyncio.Event()
        self.port = port
        self.host = host
        self.ledger = ledger or Ledger()
        self._source, self._symbols, self._speed, self._rebase = source, symbols, speed, rebase
        self._account = (key, secret)
        self._history = History(self.ledger, symbols, self._account)
        self._seats: set[Seat] = set()
        self._someone = asyncio.Event()
        self._bars = bars
        self._now = 0
        self._server: Server | None = None
        self._player: asyncio.Task[None] | None = None

    async def start(self) -> None:
        try:
            self._server = await serve(
                self._welcome, self.host, self.port, compression=None, process_request=self._request, ping_interval=20
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
            await seat.leave()
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

    def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        """An answer to a plain request; None where a socket opens."""
        path = urlsplit(request.path).path
        if path in ("/v2/iex", "/v2/sip", "/v2/test", "/stream") or path.startswith("/ws/"):
            return None
        answer = self._history.answer(request.path, request.headers, self._now)
        if answer is not None:
            return _response(answer)
        return connection.respond(
            404, f"expected /v2/iex, /v2/sip, /v2/test, /stream?streams=… or /ws/…, found {path}\n"
        )

    async def _welcome(self, connection: ServerConnection) -> None:
        seat = Seat(self._client(connection.request), connection)  # type: ignore[arg-type]  # set once open
        for frame in seat.client.greeting():
            await connection.send(frame)
        writing = asyncio.create_task(seat.write(self.sent))
        patience = asyncio.create_task(self._authenticate_in_time(seat, connection))
        self._seats.add(seat)
        try:
            async for message in connection:
                for frame in seat.client.handle(message):
                    await connection.send(frame)
                if seat.client.listens:
                    self._someone.set()
            await seat.leave()
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

    async def _authenticate_in_time(self, seat: Seat, connection: ServerConnection) -> None:
        await asyncio.sleep(_AUTH_S)
        if isinstance(seat.client, AlpacaClient) and not seat.client.authenticated:
            await connection.send(seat.client.timed_out())
            await connection.close(seat.client.leaves, "auth timeout")

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
        for batch in batches:
            self.ledger.add(batch)
        self._now = moment.ts + shift
        for seat in list(self._seats):
            for frame in seat.client.frames(batches, None if shift else moment.raw):
                if self._speed > 0 and seat.full:
                    self._seats.discard(seat)
                    seat.send_away()
                    break
                await seat.give(frame)
        await asyncio.sleep(0)  # let the writers write: one that is behind its pace would fill every queue at once

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


def _response(answer: Answer) -> Response:
    headers = {"Content-Type": "application/json", "Content-Length": str(len(answer.body)), "Connection": "close"}
    return Response(answer.status, HTTPStatus(answer.status).phrase, Headers(headers), answer.body)
