"""What the compiled scanners of all venues share: the WebSocket frame, the bytes, the symbols, the order of rows.

A scanner walks what a socket brought, frame by frame, and writes rows. It takes only what it is sure of: anything else
it leaves where it is, with nothing written, to the venue's checked `decode`. All is found by address and nothing is
passed on as an array: each would be counted in and out.
"""

from typing import Any

import numpy as np

from core.compiled import record, step
from core.events import BAR, QUOTE, TRADE

# Where a scanner is, what it works with and what it found. `at`, `end`: the bytes not yet read; `payload`, `length`: of
# the frame under way, `next` the one behind it; `trades`, `quotes`, `bars`: rows so far, `runs` of one kind in order;
# `whole`: half a message is kept elsewhere, so frames are not ours to read.
WORK = np.dtype(
    [(name, "i8") for name in ("bytes", "at", "end", "payload", "length", "next", "ts_recv", "frames", "whole", "room")]
    + [(name, "i8") for name in ("trades", "quotes", "bars", "runs", "to_trades", "to_quotes", "to_bars", "to_runs")]
    + [(name, "i8") for name in ("slots", "names", "mask", "numbers")],
    align=True,
)
RUN = np.dtype([("kind", "i8"), ("begin", "i8"), ("end", "i8")])  # rows `begin` to `end` of a kind, an index into KINDS
KINDS = (TRADE, QUOTE, BAR)
# A place of the table of symbols, which is twice as long as they are many: the next free one behind a name's hash.
SLOT = np.dtype([("symbol", "i8"), ("at", "i8"), ("length", "i8")])
BYTE = np.dtype([("value", "u1")])
NUMBER, INTEGER = np.dtype([("value", "f8")]), np.dtype([("value", "i8")])

# What a scanner says: the frame is read; it needs more bytes; the message is for the checked path; the frame is no
# plain message but for the protocol; there is no room for more rows.
GOOD, SHORT, ODD, CONTROL, FULL = range(5)
LARGEST = 1 << 24  # bytes of a frame: the protocol refuses what is longer
_PLAIN = (0x81, 0x82)  # text and binary, whole, without extensions
SEED, _PRIME = 0x811C9DC5, 0x01000193  # FNV-1a


@step
def byte(at: int) -> int:
    return int(record(at, 0, BYTE).value)


@step
def big(at: int, width: int) -> int:
    """An unsigned number of `width` bytes, the highest first; of eight bytes one beyond 2^63 comes out negative."""
    value = 0
    for i in range(width):
        value = value << 8 | byte(at + i)
    return value


@step
def opened(w: Any) -> int:
    """Find the next frame's payload. Any: a record of WORK."""
    at, left = w.bytes + w.at, w.end - w.at
    if left < 2:
        return SHORT
    head, length, width = byte(at), byte(at + 1), 0
    if length == 126:
        width = 2
    elif length == 127:
        width = 8
    if left < 2 + width:
        return SHORT
    if width:
        length = big(at + 2, width)
    size = 2 + width + length
    plain = head in _PLAIN
    if byte(at + 1) > 127 or length < 0 or length > LARGEST:
        size = left  # masked or too long: the protocol will say so
        plain = False
    if left < size:
        return SHORT
    w.payload, w.length, w.next = w.at + 2 + width, length, w.at + size
    return GOOD if plain and not w.whole else CONTROL


@step
def ran(w: Any, kind: int, begin: int, end: int) -> None:
    """Note that these rows of a kind came next. Any: a record of WORK."""
    last = record(w.to_runs, w.runs - 1, RUN)
    if w.runs and last.kind == kind:
        last.end = end
    elif begin < end:
        run = record(w.to_runs, w.runs, RUN)
        run.kind, run.begin, run.end = kind, begin, end
        w.runs += 1


@step
def closed(w: Any, said: int, trades: int, quotes: int, bars: int) -> int:
    """Take a frame that was read, or take back what it began; so many rows were before it. Any: a record of WORK."""
    if said == GOOD:
        ran(w, 0, trades, w.trades)
        ran(w, 1, quotes, w.quotes)
        ran(w, 2, bars, w.bars)
        w.frames += 1
        w.at = w.next
    else:
        w.trades, w.quotes, w.bars = trades, quotes, bars
        if said == FULL and not w.runs:
            return ODD  # more rows in one frame than there is room for
    return said


@step
def mixed(value: int, letter: int) -> int:
    """A hash with one more letter in it."""
    return (value ^ letter) * _PRIME & 0xFFFFFFFF


@step
def symbol(w: Any, at: int, length: int) -> int:
    """The symbol of the name at an address, -1 when it is not in the table. Any: a record of WORK."""
    value = SEED
    for i in range(length):
        value = mixed(value, byte(at + i))
    place = value & w.mask
    while True:
        slot = record(w.slots, place, SLOT)
        if slot.symbol < 0:
            return -1
        if slot.length == length:
            same = 0
            while same < length and byte(w.names + slot.at + same) == byte(at + same):
                same += 1
            if same == length:
                return int(slot.symbol)
        place = place + 1 & w.mask
