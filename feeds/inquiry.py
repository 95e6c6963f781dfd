"""An inquiry about the past, as it goes from one process to another: a question on one line, rows behind a line."""

from collections.abc import Mapping, Sequence
from typing import IO
from urllib.parse import urlsplit

import msgspec
import numpy as np
from msgspec import Struct

from core.errors import Unavailable
from core.events import TRADE, Batch
from feeds import wire

# Where the process that asks finds a venue's source: a module it alone imports, and a function in it.
SOURCES = {
    "alpaca": ("feeds.alpaca_history", "stocks"),
    "alpaca_crypto": ("feeds.alpaca_history", "crypto"),
    "binance": ("feeds.binance_history", "trades"),
    "coinbase": ("feeds.coinbase_history", "trades"),
}
_LONGEST = 1 << 16  # bytes of the line before the rows


class Question(Struct, frozen=True):
    """Trades of these symbols with start <= ts_event < end. `url` is the stream's, `deadline` in seconds since 1970."""

    venue: str
    numbers: dict[str, int]  # name → symbol
    start: int
    end: int
    url: str
    key: str
    secret: str
    deadline: float

    def __str__(self) -> str:
        return f"trades of {listed(list(self.numbers))} from {wire.text(self.start)} to {wire.text(self.end)}"


class Head(Struct, omit_defaults=True):
    """What an answer begins with: how many rows follow, or why there are none."""

    rows: int = 0
    error: str = ""


def listed(names: Sequence[str]) -> str:
    """`AAPL, MSFT, NVDA and 5 more`."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def address(url: str, hosts: Mapping[str, str], default: str) -> str:
    """Where the history of a stream is asked for: a venue's own host by that of its stream, any other on its port."""
    parts = urlsplit(url)
    if not url or parts.hostname in hosts:
        return f"https://{hosts.get(parts.hostname or '', default)}"
    return f"{'https' if parts.scheme in ('wss', 'https') else 'http'}://{parts.netloc.rpartition('@')[2]}"


def write(stream: IO[bytes], answer: Batch | str) -> None:
    """Rows, or the reason why there are none."""
    head = Head(error=answer) if isinstance(answer, str) else Head(rows=len(answer))
    stream.write(msgspec.json.encode(head) + b"\n")
    if not isinstance(answer, str):
        stream.write(answer.tobytes())
    stream.flush()


def read(stream: IO[bytes]) -> Batch | None:
    """The rows that were written; None where they are not all there. Raises Unavailable with the reason given.

    They are read into their own memory, without a copy.
    """
    line = stream.readline(_LONGEST)
    if not line.endswith(b"\n"):
        return None
    head = msgspec.json.decode(line, type=Head)
    if head.error:
        raise Unavailable(head.error)
    batch = np.empty(head.rows, dtype=TRADE)
    left = batch.view(np.uint8).data
    while left:
        taken = stream.readinto(left)  # type: ignore[attr-defined] # a pipe's and a file's have it
        if not taken:
            return None
        left = left[taken:]
    return batch
