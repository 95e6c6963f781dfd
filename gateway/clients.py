"""A WebSocket client's mailbox: bounded, and what happens when it is full is the client's own choice."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from gateway.protocol import Refusal, frame, head, refused


@dataclass(eq=False)
class Subscription:
    """What one subscribe asked for; `symbols` empty means all."""

    sid: int
    channel: str
    client: "Client"
    symbols: frozenset[str]
    latest: bool = False
    last_seq: dict[str, int] = field(default_factory=dict)  # what was handed to the socket, per symbol

    def wants(self, symbol: str) -> bool:
        return not self.symbols or symbol in self.symbols


@dataclass(slots=True)
class _Item:
    """A data frame that waits."""

    subscription: Subscription
    kind: str
    body: bytes
    symbol: str
    seq: int
    dropped: int = 0

    def encoded(self) -> bytes:
        tally = b'"dropped":%d,' % self.dropped if self.subscription.latest else b""
        return head(self.kind, self.subscription.sid) + tally + self.body


class Client:
    """Frames that wait for one client. Lossless: when full it is told and sent away. Latest: the newest per symbol."""

    def __init__(self, conn_id: str, room: int) -> None:
        self.conn_id = conn_id
        self.subscriptions: dict[int, Subscription] = {}
        self.close_code = 0
        self.messages = 0
        self._room = room
        self._warned = False
        self._queue: deque[_Item | bytes] = deque()
        self._newest: dict[tuple[int, str], _Item] = {}
        self._ready = asyncio.Event()
        self.leaving = asyncio.Event()

    @property
    def finished(self) -> bool:
        """Whether it is to be closed and everything has gone out, the farewell last."""
        return bool(self.close_code) and not self._queue

    def say(self, plain: bytes) -> None:
        """Queue a frame that is no data. Who asks and asks and never reads is as slow as who only listens."""
        if len(self._queue) >= self._room and not self.close_code:
            self._overflow()
        self._queue.append(plain)
        self._ready.set()

    def offer(self, subscription: Subscription, kind: str, body: bytes, symbol: str, seq: int) -> None:
        """Queue a data frame; never waits. After the farewell nothing more is taken."""
        if self.close_code:
            return
        item = _Item(subscription, kind, body, symbol, seq)
        key = (subscription.sid, symbol)
        if kind == "gap":
            self._newest.pop(key, None)  # what comes after it must not overtake it
        waiting = self._newest.get(key) if subscription.latest else None
        if waiting is not None:
            waiting.kind, waiting.body, waiting.seq, waiting.dropped = kind, body, seq, waiting.dropped + 1
            return
        if len(self._queue) >= self._room:
            self._overflow()
            return
        self._queue.append(item)
        if subscription.latest and kind != "gap":
            self._newest[key] = item
        if not subscription.latest and not self._warned and len(self._queue) > self._room // 2:
            self._warned = True
            self.say(frame("warning", reason="slow_client", message="half of your queue is full: read faster"))
        self._ready.set()

    def leave(self, code: int, farewell: bytes) -> None:
        """Say goodbye and close once what waits has gone out."""
        if not self.close_code:
            self.close_code = code
            self.leaving.set()
            self.say(farewell)

    def _overflow(self) -> None:
        """A lossless reader that is too slow: the promise cannot be kept, so say where it ended, and stop."""
        self._queue.clear()
        self._newest.clear()
        self.close_code = 4407
        self.leaving.set()
        delivered = {str(sid): sub.last_seq for sid, sub in self.subscriptions.items() if sub.last_seq}
        refusal = Refusal(407, "slow_client", f"you read slower than messages came: {self._room} were waiting")
        self.say(
            refused(refusal, None)[:-1] + b',"last_seq":' + frame("", **delivered).replace(b'"type":"",', b"") + b"}"
        )

    async def next_frames(self, seconds: float) -> list[bytes]:
        """What waits, as soon as there is something; nothing after `seconds` of silence."""
        if not self._queue:
            self._ready.clear()
            # a timer that rings the same bell: wait_for would make a task a message
            bell = asyncio.get_running_loop().call_later(seconds, self._ready.set)
            await self._ready.wait()
            bell.cancel()
        taken = list(self._queue)
        self._queue.clear()
        self._newest.clear()
        self._warned = False
        self.messages += len(taken)
        return [self._delivered(item) for item in taken]

    def _delivered(self, item: _Item | bytes) -> bytes:
        if isinstance(item, bytes):
            return item
        item.subscription.last_seq[item.symbol] = item.seq
        return item.encoded()
