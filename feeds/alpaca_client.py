"""A client of Alpaca's stock stream, as the local exchange serves it.

Source: Alpaca documentation, "Real-time Stock Data" and "WebSocket Stream" (authentication, errors, subscription).
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from core.events import AMENDMENT, Batch, kind
from feeds import wire
from feeds.clients import Frame
from feeds.played import Verbatim

# Alpaca's channels by the type of their messages.
_CHANNELS = {
    "t": "trades", "q": "quotes", "b": "bars", "u": "updatedBars", "d": "dailyBars", "s": "statuses", "l": "lulds",
    "c": "corrections", "x": "cancelErrors",
}  # fmt: skip


class _Head(msgspec.Struct):
    T: str
    S: str = ""


_parts = msgspec.msgpack.Decoder(list[msgspec.Raw])
_head = msgspec.msgpack.Decoder(_Head)
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class AlpacaClient:
    """Alpaca's stock stream: array frames, MessagePack if the upgrade asked for it, else JSON."""

    def __init__(self, names: Sequence[str], key: str, secret: str, *, binary: bool) -> None:
        self.leaves = 0
        self.authenticated = False
        self._names, self._key, self._secret, self._binary = names, key, secret, binary
        self._wanted: dict[str, set[str]] = {"trades": set(), "quotes": set(), "bars": set()}

    @property
    def listens(self) -> bool:
        return any(self._wanted.values())

    def greeting(self) -> Iterable[Frame]:
        yield self._packed({"T": "success", "msg": "connected"})

    def handle(self, message: Frame) -> Iterable[Frame]:
        yield self._packed(self._answer(message))

    def farewell(self, now: int) -> Iterable[Frame]:  # noqa: ARG002 this venue says nothing
        return ()

    def timed_out(self) -> Frame:
        self.leaves = 1008
        return self._packed(_error(404, "auth timeout"))

    def slow(self) -> Frame:
        self.leaves = 1008
        return self._packed(_error(407, "slow client"))

    def frames(self, batches: Sequence[Batch], raw: Verbatim | None) -> Iterable[tuple[Frame, dict[str, int]]]:
        if raw is not None and raw.venue == "alpaca" and self._binary:
            yield from self._recorded(raw.frame)
            return
        messages: list[wire.Message] = []
        rows: dict[str, int] = {}
        for batch in batches:
            wanted = self._wanted["trades" if batch.dtype is AMENDMENT else kind(batch)]
            if wanted:
                mine = batch if "*" in wanted else batch[self._mask(wanted)[batch["symbol"]]]
                messages += wire.alpaca(mine, self._names, binary=self._binary)
                rows[kind(batch)] = rows.get(kind(batch), 0) + len(mine)
        if messages:
            yield wire.packed(messages, binary=self._binary), rows

    def _recorded(self, frame: bytes) -> Iterable[tuple[Frame, dict[str, int]]]:
        """A recorded frame as it was, or those of its messages that are wanted."""
        try:
            parts = _parts.decode(frame)
            channels = [self._channel(_head.decode(part)) for part in parts]
        except _BROKEN:
            return
        mine = [part for part, channel in zip(parts, channels, strict=True) if channel]
        if mine:
            rows = Counter(channel for channel in channels if channel)
            yield frame if len(mine) == len(parts) else msgspec.msgpack.encode(mine), dict(rows)

    def _channel(self, message: "_Head") -> str:
        """The channel that a message comes by, if it is wanted; corrections and cancels come with the trades."""
        channel = _CHANNELS.get(message.T, "")
        wanted = self._wanted.get("trades" if message.T in ("c", "x") else channel, set())
        return channel if message.S in wanted or "*" in wanted else ""

    def _mask(self, wanted: set[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return np.array([name in wanted for name in self._names])

    def _packed(self, message: wire.Message) -> Frame:
        return wire.packed([message], binary=self._binary)

    def _answer(self, message: Frame) -> wire.Message:
        try:
            asked = (
                msgspec.msgpack.decode(message) if self._binary and isinstance(message, bytes) else json.loads(message)
            )
        except (msgspec.DecodeError, ValueError):  # ValueError: bytes that are no text, text that is no JSON
            return _error(400, "invalid syntax")
        action = asked.get("action") if isinstance(asked, dict) else None
        if action == "auth":
            return self._authenticate(asked)
        if action in ("subscribe", "unsubscribe"):
            return (
                self._subscribe(asked, add=action == "subscribe")
                if self.authenticated
                else _error(401, "not authenticated")
            )
        return _error(400, "invalid syntax")

    def _authenticate(self, asked: wire.Message) -> wire.Message:
        if self.authenticated:
            return _error(403, "already authenticated")
        if (asked.get("key"), asked.get("secret")) != (self._key, self._secret):
            return _error(402, "auth failed")
        self.authenticated = True
        return {"T": "success", "msg": "authenticated"}

    def _subscribe(self, asked: wire.Message, *, add: bool) -> wire.Message:
        for channel, names in asked.items():
            if channel == "action":
                continue
            if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
                return _error(400, "invalid syntax")
            mine = self._wanted.setdefault(channel, set())
            mine.update(names) if add else mine.difference_update(names)
        return {"T": "subscription", **{channel: sorted(names) for channel, names in self._wanted.items()}}


def _error(code: int, message: str) -> wire.Message:
    return {"T": "error", "code": code, "msg": message}
