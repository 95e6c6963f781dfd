"""Everyone who is connected to the local exchange: they are welcomed, shown what happens, and sent away."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request

from feeds.alpaca_client import AlpacaClient
from feeds.binance_client import BinanceClient
from feeds.clients import Client
from feeds.faults import Plan, Tally
from feeds.seats import Goodbye, Seat
from feeds.timeline import Step

_AUTH_S = 10.0


class Hall:
    """`someone` is set once a client has subscribed; `under_way` are the faults that have begun and not ended."""

    def __init__(self, names: Sequence[str], account: tuple[str, str], plan: Plan, *, paced: bool) -> None:
        self.sent: Counter[str] = Counter()
        self.tally = Tally()
        self.under_way: Counter[str] = Counter()
        self.someone = asyncio.Event()
        self._names, self._account, self._plan, self._paced = names, account, plan, paced
        self._seats: set[Seat] = set()

    async def welcome(self, connection: ServerConnection) -> None:
        """A client's whole life."""
        client = self._client(connection.request)  # type: ignore[arg-type]  # set once open
        seat = Seat(client, connection, self._plan, self.tally, self.under_way)
        for frame in client.greeting():
            await connection.send(frame)
        writing = asyncio.create_task(seat.write(self.sent))
        patience = asyncio.create_task(_authenticate_in_time(client, connection))
        self._seats.add(seat)
        try:
            async for message in connection:
                await seat.say(client.handle(message))
                if client.listens:
                    self.someone.set()
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
            return AlpacaClient(self._names, *self._account, binary=binary)
        combined = address.path == "/stream"
        streams = parse_qs(address.query).get("streams", [""])[0] if combined else address.path.removeprefix("/ws")
        client = BinanceClient(self._names, streams.split("/"), combined=combined)
        if client.listens:
            self.someone.set()
        return client

    async def show(self, step: Step) -> None:
        """Give a moment to everyone who listens; one who does not read holds back a session at full speed, and is sent
        away from one that has a pace to keep."""
        for seat in list(self._seats):
            if self._paced and seat.full:
                self._seats.discard(seat)
                seat.send_away()
            else:
                await seat.give(seat.client.frames(step.shown, step.raw), step.number)
        await asyncio.sleep(0)  # let the writers write: one that is behind its pace would fill every queue at once

    async def release(self) -> None:
        """What is held back comes all at once."""
        for seat in list(self._seats):
            await seat.release()

    async def drop(self, fault: str, patience_s: float) -> None:
        """Every connection ends without a word, after so long at most for what was sent to be read."""
        seats, self._seats = self._seats, set()
        await asyncio.gather(*(seat.cut(fault, patience_s) for seat in seats))

    async def say_goodbye(self, goodbye: Goodbye, fault: str, patience_s: float, now: int = 0) -> None:
        """Let everyone read what there is, then close; cut off who does not read. `now`: it will be back."""
        leaving = [
            asyncio.create_task(seat.leave(goodbye, seat.client.farewell(now) if now else ())) for seat in self._seats
        ]
        for _ in range(int(patience_s * 100)):
            if not self._seats:
                break
            await asyncio.sleep(0.01)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        await self.drop(fault, 0)


async def _authenticate_in_time(client: Client, connection: ServerConnection) -> None:
    await asyncio.sleep(_AUTH_S)
    if isinstance(client, AlpacaClient) and not client.authenticated:
        await connection.send(client.timed_out())
        await connection.close(client.leaves, "auth timeout")
