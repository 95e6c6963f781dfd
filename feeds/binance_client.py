"""A client of Binance's market streams, as the local exchange serves it.

Source: Binance documentation, "WebSocket Streams" (raw and combined streams, live subscribing, properties, errors,
server shutdown).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from core.events import Batch, kind
from feeds import wire
from feeds.clients import Frame
from feeds.played import Verbatim

_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")


class BinanceClient:
    """Binance's market streams: one event a frame, wrapped with its stream's name on a combined stream."""

    leaves = 0

    def __init__(self, names: Sequence[str], streams: Iterable[str], *, combined: bool) -> None:
        self._names = names
        self._streams = {stream for stream in streams if stream}
        self._combined = combined

    @property
    def listens(self) -> bool:
        return bool(self._streams)

    def greeting(self) -> Iterable[Frame]:
        return ()

    def handle(self, message: Frame) -> Iterable[Frame]:
        try:
            asked = msgspec.json.decode(message, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield _packed(_error(3, "Invalid JSON: expected value at line 1 column 1"))
            return
        yield _packed(self._answer(asked))

    def farewell(self, now: int) -> Iterable[Frame]:
        yield self._wrapped("!serverShutdown", {"e": "serverShutdown", "E": now // 1_000_000})

    def frames(self, batches: Sequence[Batch], raw: Verbatim | None) -> Iterable[tuple[Frame, dict[str, int]]]:
        if raw is not None and raw.venue == "binance":
            yield from self._recorded(batches, raw.frame)
            return
        for batch in batches:
            for stream, event in wire.binance(batch, self._names):
                if stream in self._streams:
                    yield self._wrapped(stream, event), {kind(batch): 1}

    def _wrapped(self, stream: str, event: wire.Message) -> Frame:
        return _packed({"stream": stream, "data": event} if self._combined else event)

    def _recorded(self, batches: Sequence[Batch], raw: bytes) -> Iterable[tuple[Frame, dict[str, int]]]:
        try:
            told = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            stream = msgspec.json.decode(told["stream"], type=str)
        except (msgspec.DecodeError, KeyError):
            return
        if stream in self._streams:
            frame = raw if self._combined else bytes(told["data"])
            yield frame.decode(), {kind(batch): len(batch) for batch in batches}

    def _answer(self, asked: dict[str, Any]) -> wire.Message:  # Any: whatever JSON held
        wrong = _wrong(asked)
        if wrong:
            return _error(2, f"Invalid request: {wrong}")
        method, params, number = asked["method"], asked.get("params", []), asked.get("id")
        if method in ("GET_PROPERTY", "SET_PROPERTY"):
            return self._property(params, number, gives=method == "GET_PROPERTY")
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": sorted(self._streams), "id": number}
        self._streams = self._streams | set(params) if method == "SUBSCRIBE" else self._streams - set(params)
        return {"result": None, "id": number}

    def _property(self, params: list[Any], number: object, *, gives: bool) -> wire.Message:
        """There is one: whether events come wrapped."""
        if not params or not isinstance(params[0], str):
            return _error(2, "Invalid request: property name must be a string")
        if len(params) > (1 if gives else 2):
            return _error(2, "Invalid request: too many parameters")
        if params[0] != "combined":
            return {**_error(0, "Unknown property"), "id": number}
        if not gives and not isinstance(params[-1], bool):
            return _error(1, "Invalid value type: expected Boolean")
        self._combined = self._combined if gives else params[-1]
        return {"result": self._combined if gives else None, "id": number}


def _wrong(asked: dict[str, Any]) -> str:
    """What is wrong with a request, in the venue's words."""
    number, params, method = asked.get("id"), asked.get("params", []), asked.get("method")
    if "method" not in asked:
        return "missing field `method` at line 1 column 1"
    if method not in _METHODS:
        return f"unknown variant {method}, expected one of {', '.join(f'`{name}`' for name in _METHODS)}"
    if isinstance(number, bool | float | list | dict) or (isinstance(number, str) and len(number) > 36):
        return "request ID must be an unsigned integer"
    if not isinstance(params, list):
        return "invalid type, expected a sequence"
    if method in ("SUBSCRIBE", "UNSUBSCRIBE") and not all(isinstance(stream, str) for stream in params):
        return "invalid type, expected a string"
    return ""


def _error(code: int, message: str) -> wire.Message:
    return {"error": {"code": code, "msg": message}}


def _packed(message: wire.Message) -> Frame:
    return msgspec.json.encode(message).decode()
