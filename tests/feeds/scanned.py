"""Frames through a scanner, as a socket would bring them, beside the checked path's answer to each."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import strategies as some

from core.errors import BadFrame
from core.events import TRADE, Batch, Symbols, joined
from core.ports import Decoded
from feeds.scanner import Scanner
from feeds.scanning import CONTROL, ODD, SHORT

Rows = list[tuple[int, bytes]]  # (the identity of the dtype, the bytes), neighbours of one kind together
Decode = Callable[[bytes, Symbols, int], Decoded]
TS = 1_700_000_000_000_000_000


def framed(payload: bytes, opcode: int = 2) -> bytes:
    """A server's WebSocket frame."""
    size = len(payload)
    if size < 126:
        length = bytes([size])
    else:
        length = b"\x7e" + size.to_bytes(2, "big") if size < 1 << 16 else b"\x7f" + size.to_bytes(8, "big")
    return bytes([0x80 | opcode]) + length + payload


@some.composite
def harmed(draw: some.DrawFn, payload: bytes) -> bytes:
    """A message with a byte changed, swapped with its neighbour, gone or too many, or cut off."""
    at = draw(some.integers(0, max(len(payload) - 1, 0)))
    letter = draw(some.integers(0, 255) | some.sampled_from(b'0123456789.{}":, \\'))
    ways = [
        payload[:at] + bytes([letter]) + payload[at + 1 :],
        payload[:at] + payload[at : at + 2][::-1] + payload[at + 2 :],
        payload[:at] + payload[at + 1 :],
        payload[:at] + bytes([letter]) + payload[at:],
        payload[:at],
        payload + bytes([letter]),
    ]
    return draw(some.sampled_from(ways))


class Told:
    """What came of frames: rows in order, refusals by reason, frames that the scanner read by itself."""

    def __init__(self) -> None:
        self.refused, self.scanned, self._runs = Counter[str](), 0, list[list[Batch]]()

    def add(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            if self._runs and self._runs[-1][0].dtype is batch.dtype:
                self._runs[-1].append(batch)
            else:
                self._runs.append([batch])

    def check(self, decode: Decode, payload: bytes, symbols: Symbols) -> None:
        try:
            decoded = decode(payload, symbols, TS)
        except BadFrame:
            self.refused["bad_frame"] += 1
            return
        self.refused.update(decoded.refused)
        self.refused["notices"] += len(decoded.notices)
        self.add(decoded.batches)

    @property
    def prices(self) -> list[float]:
        """Of all trades."""
        return [price for run in self._runs if run[0].dtype is TRADE for price in joined(run)["price"].tolist()]

    @property
    def rows(self) -> Rows:
        return [(id(run[0].dtype), joined(run).tobytes()) for run in self._runs]


def checked(decode: Decode, payloads: Sequence[bytes], symbols: Symbols) -> Told:
    """What the checked path makes of messages."""
    told = Told()
    for payload in payloads:
        told.check(decode, payload, symbols)
    return told


def scanned(scanner: Scanner, decode: Decode, payloads: Sequence[bytes], symbols: Symbols) -> Told:
    """What a scanner makes of the same, with the checked path for what it leaves."""
    told = Told()
    stream = np.frombuffer(b"".join(map(framed, payloads)) or b"\0", dtype=np.uint8)
    at, end = 0, sum(len(framed(payload)) for payload in payloads)
    said = ODD
    while said != SHORT:
        said = scanner.scan(stream.ctypes.data, at, end, TS)
        told.scanned += scanner.frames
        told.add(scanner.batches())
        at, payload, length, behind = scanner.frame
        assert said != CONTROL
        if said == ODD:
            at = behind
            told.check(decode, stream[payload : payload + length].tobytes(), symbols)
    assert at == end
    return told


def same(scanner: Scanner, decode: Decode, payloads: Sequence[bytes], symbols: Symbols) -> int:
    """Assert that both say the same to the last bit; how many frames the scanner read by itself."""
    ours, theirs = scanned(scanner, decode, payloads, symbols), checked(decode, payloads, symbols)
    assert ours.rows == theirs.rows
    assert ours.refused == theirs.refused
    return ours.scanned
