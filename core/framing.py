"""Frames of the bus: a length, a kind byte, and raw rows or JSON."""

import asyncio
import json
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.events import Batch, row_dtype
from core.ports import Catalogue, Described

_HEAD = struct.Struct("<IB")
ROWS = {
    "trades": 1, "quotes": 2, "bars": 3, "signals": 4, "values": 5, "gaps": 6, "revised_bars": 7, "revised_values": 8,
    "revised_signals": 9, "revised_trades": 10, "amendments": 11,
}  # fmt: skip
_TOLD = {"catalogue": 16, "stats": 17, "lost": 18}
_NAMES = {code: name for name, code in (*ROWS.items(), *_TOLD.items())}

Told = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class Message:
    """`kind` says what `payload` is: rows (the names of ROWS), a catalogue, stats, lost."""

    kind: str
    payload: Batch | Catalogue | Told


def packed(name: str, batch: Batch) -> tuple[bytes, bytes]:
    """The two parts of a frame of rows."""
    return _HEAD.pack(batch.nbytes, ROWS[name]), batch.tobytes()


def told(name: str, payload: Told | Catalogue) -> bytes:
    body = json.dumps(asdict(payload) if isinstance(payload, Catalogue) else payload).encode()
    return _HEAD.pack(len(body), _TOLD[name]) + body


def _catalogue(given: Told) -> Catalogue:
    def described(each: Told) -> Described:
        return Described(**{**each, "outputs": tuple(each["outputs"])})

    return Catalogue(
        source=given["source"],
        symbols=tuple(given["symbols"]),
        timeframes=tuple(given["timeframes"]),
        indicators=tuple(described(each) for each in given["indicators"]),
        strategies=tuple(described(each) for each in given["strategies"]),
    )


class Reader(asyncio.Protocol):
    """Frames out of bytes. A protocol, not a stream: two awaits a frame were half of the gateway's time."""

    def __init__(self, take: Callable[[Message], None]) -> None:
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._take = take
        self._outputs: tuple[str, ...] = ()
        self._rest = bytearray()

    def data_received(self, data: bytes) -> None:
        self._rest += data
        at = 0
        while len(self._rest) - at >= _HEAD.size:
            size, code = _HEAD.unpack_from(self._rest, at)
            end = at + _HEAD.size + size
            if len(self._rest) < end:
                break
            self._take(self._message(_NAMES[code], bytes(self._rest[at + _HEAD.size : end])))
            at = end
        del self._rest[:at]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 asyncio's signature
        if not self.gone.done():
            self.gone.set_result(None)

    def _message(self, name: str, body: bytes) -> Message:
        if name in ROWS:
            return Message(name, np.frombuffer(body, dtype=row_dtype(name, self._outputs)))
        given = json.loads(body)
        if name != "catalogue":
            return Message(name, given)
        catalogue = _catalogue(given)
        self._outputs = catalogue.outputs
        return Message(name, catalogue)
