"""The local exchange: a server that plays a session over a venue's real wire protocol.

Alpaca's stock stream on /v2/iex, /v2/sip and /v2/test; Binance's on /stream and /ws; what was played so far
by HTTP on the same port (feeds/rest.py). All clients share one timeline, which begins when the first of them has
subscribed; who comes later joins it where it is. Faults on request: feeds/faults.py.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from core.bank import Bank
from core.errors import BadInput
from core.events import SECOND, Symbols
from core.log import logger
from feeds.door import Door
from feeds.faults import Plan, Tally
from feeds.hall import Hall
from feeds.ledger import Ledger
from feeds.played import Played
from feeds.rest import TOO_MANY, Answer, History
from feeds.seats import CLOSES
from feeds.timeline import Step, Timeline

_MS = 1_000_000
_RESTARTS = (1012, "service restart")


class Exchange:
    """`start`, then `port`; `sent` counts rows by kind as they went out; `finished` is set after the session's end.

    `bars` makes minute bars, if the session does not bring its own. `speed` 0 is as fast as the readers take it, 1 the
    original pace. With `rebase` the session happens now. `faults` are written as feeds/faults.py says, `seed` is their
    chance, `tally` what they did; `ledger` is the truth beside it.
    """

    def __init__(  # noqa: PLR0913 each is a choice of the one who starts it
        self,
        source: Iterator[Played],
        symbols: Symbols,
        bars: Bank | None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str = "",
        secret: str = "",
        speed: float = 1.0,
        rebase: bool = False,
        faults: Sequence[str] = (),
        seed: int = 0,
        ledger: Ledger | None = None,
    ) -> None:
        self.finished = asyncio.Event()
        self.ledger = ledger or Ledger()
        self._source, self._symbols, self._speed, self._rebase = source, symbols, speed, rebase
        self._bars = bars
        self._plan = Plan(faults, seed)
        self._refusals = self._plan.refusals
        self._history = History(self.ledger, symbols, (key, secret))
        self._hall = Hall(symbols.names, (key, secret), self._plan, paced=speed > 0)
        self._door = Door(host, port, self._hall.welcome, self._request)
        self._now = 0
        self._player: asyncio.Task[None] | None = None
        self._timeline: Timeline | None = None

    @property
    def sent(self) -> Counter[str]:
        return self._hall.sent

    @property
    def tally(self) -> Tally:
        return self._hall.tally

    @property
    def host(self) -> str:
        return self._door.host

    @property
    def port(self) -> int:
        return self._door.port

    @property
    def figures(self) -> dict[str, Any]:  # Any: JSON
        """What went out; and where they did something, what faults did and what the history has forgotten."""
        told = {"faults": self.tally.faults, "repeated": self.tally.repeated, "forgotten": self.ledger.forgotten}
        more: dict[str, Any] = {name: dict(counts) for name, counts in told.items() if counts}
        if self.tally.withheld:
            more["withheld"] = {fault: dict(rows) for fault, rows in self.tally.withheld.items()}
        return {"sent": dict(self.sent), **more}

    async def start(self) -> None:
        try:
            await self._door.open()
        except OSError:
            raise BadInput(
                f"port {self.port} on {self.host} is in use: choose another with --port, or 0 for any free one"
            ) from None
        self._player = asyncio.create_task(self._play())

    async def stop(self) -> None:
        """Play no further; what was played still reaches its readers, who are then told goodbye. Raises what ended the
        session if it could not be played."""
        failed: list[BaseException | None] = []
        if self._player is not None:
            self._player.cancel()
            failed += await asyncio.gather(self._player, return_exceptions=True)
        self._hall.under_way.clear()
        for step in self._timeline.rest() if self._timeline is not None else ():
            if not step.fault:
                await self._show(step)
        await self._hall.say_goodbye(CLOSES, "stop", 5.0)
        await self._door.shut(*CLOSES)
        for error in failed:
            if isinstance(error, Exception):
                raise error

    def url(self, venue: str) -> str:
        """Where a feed of that venue finds this exchange."""
        streams = "/".join(f"{name.lower()}@{kind}" for name in self._symbols.names for kind in ("trade", "bookTicker"))
        path = "/v2/iex" if venue == "alpaca" else f"/stream?streams={streams}"
        return f"ws://{self.host}:{self.port}{path}"

    def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        """An answer to a plain request; None where a socket opens."""
        path = urlsplit(request.path).path
        if path in ("/v2/iex", "/v2/sip", "/v2/test", "/stream", "/ws") or path.startswith("/ws/"):
            return None
        answer = self._history.answer(request.path, request.headers, self._now)
        if answer is None:
            words = "expected /v2/iex, /v2/sip, /v2/test, /stream, /ws, or a request for history"
            return connection.respond(404, f"{words}; found {path}\n")
        if self._refusals:
            self._refusals -= 1
            self.tally.faults["429"] += 1
            answer = TOO_MANY
        return _response(answer)

    async def _play(self) -> None:
        try:
            await self._hall.someone.wait()
            await self._steps()
        finally:
            self.finished.set()  # of a session that cannot be played, too: `stop` raises why
        logger().info("session_played", **self.figures)

    async def _steps(self) -> None:
        began, first = time.time_ns(), 0
        now = began if self._rebase else None
        self._timeline = Timeline(self._source, self._symbols, self._bars, self._plan, now)
        self.tally.faults.update(["clock-skew"] if self._plan.skew else [])
        for step in self._timeline:
            first = first or step.ts
            if self._speed > 0:
                ahead = (step.ts - first) / self._speed - (time.time_ns() - began)
                if ahead > 2 * _MS:
                    await asyncio.sleep(ahead / SECOND)
            await (self._befall(step) if step.fault else self._show(step))
        await self._hall.release()

    async def _show(self, step: Step) -> None:
        for batch in step.happened:
            self.ledger.add(batch)
        self._now = max(self._now, step.now)
        self.tally.faults.update([step.does] if step.does else [])
        await self._hall.show(step)

    async def _befall(self, step: Step) -> None:
        """A fault begins or ends, for everyone."""
        under_way, hall = self._hall.under_way, self._hall
        under_way[step.fault] += 1 if step.begins else -1
        self.tally.faults.update([step.fault] if step.begins else [])
        logger().info("fault_begins" if step.begins else "fault_ends", kind=step.fault)
        match step.fault, step.begins, under_way[step.fault]:
            case "drop", True, _:
                await hall.drop("drop", 1.0)
            case "slow", False, 0:
                await hall.release()
            case "restart", True, 1:
                await hall.say_goodbye(_RESTARTS, "restart", 1.0, step.now)
                await self._door.shut(*_RESTARTS, keep=True)
            case "restart", False, 0:
                await self._door.open()


def _response(answer: Answer) -> Response:
    more = {"Retry-After": "1"} if answer.status == 429 else {}
    headers = {**more, "Content-Type": "application/json", "Content-Length": str(len(answer.body))}
    return Response(
        answer.status, HTTPStatus(answer.status).phrase, Headers({**headers, "Connection": "close"}), answer.body
    )
