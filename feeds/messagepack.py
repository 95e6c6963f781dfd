"""MessagePack, one value at a time, for compiled scanners; what is not simple is BAD: not wrong, but not for here."""

import numpy as np

from core.compiled import step
from core.events import SECOND
from feeds.scanning import big, byte

# What a value is. BAD: nested things but short lists of short texts, numbers of 2^63 and more, other extensions.
BAD, WHOLE, REAL, TEXT, TIME, OTHER = range(6)
LATEST = 2**62  # the checked path refuses a time from here on


@step
def seconds(at: int, head: int) -> int:
    """The nanoseconds of a timestamp of 4, 8 or 12 bytes, by the byte it begins with; -1 when they are too many."""
    if head == 0xD6:
        whole, rest = big(at, 4), 0
    elif head == 0xD7:
        packed = big(at, 8)
        whole, rest = packed & (2**34 - 1), packed >> 34 & (2**30 - 1)
    else:
        rest, whole = big(at, 4), big(at + 4, 8)
    return whole * SECOND + rest if 0 <= whole < LATEST // SECOND else -1


@step
def number(at: int, end: int, head: int) -> tuple[int, int, float, int]:
    """An integer or a float by the byte it begins with."""
    if head < 0x80 or head >= 0xE0:
        return WHOLE, head if head < 0x80 else head - 256, 0.0, at + 1
    width = 1 << (head & 3) if head >= 0xCC else 4 << (head & 1)
    if at + 1 + width > end:
        return BAD, 0, 0.0, at
    bits = big(at + 1, width)
    if head == 0xCB:
        return REAL, 0, np.int64(bits).view(np.float64), at + 9
    if head == 0xCA:
        return REAL, 0, float(np.int32(bits).view(np.float32)), at + 5
    if head >= 0xD0 and width < 8 and bits >> (8 * width - 1):
        bits -= 1 << 8 * width
    return (BAD if head == 0xCF and bits < 0 else WHOLE), bits, 0.0, at + 1 + width


@step
def text(at: int, end: int, head: int) -> tuple[int, int, float, int]:
    """A text's length by the byte it begins with; it ends where the next value begins."""
    width = 0 if head < 0xC0 else head - 0xD8
    if at + 1 + width > end:
        return BAD, 0, 0.0, at
    length = head & 31 if width == 0 else big(at + 1, width)
    after = at + 1 + width + length
    return (TEXT if after <= end else BAD), length, 0.0, after


@step
def other(at: int, end: int, head: int) -> tuple[int, int, float, int]:
    """A timestamp, nothing, true, false, or a short list of short texts."""
    if head in (0xD6, 0xD7, 0xC7):
        first = at + (3 if head == 0xC7 else 2)
        after = first + (4 if head == 0xD6 else 8 if head == 0xD7 else 12)
        known = after <= end and byte(first - 1) == 0xFF and (head != 0xC7 or byte(at + 1) == 12)
        return (TIME, seconds(first, head), 0.0, after) if known else (BAD, 0, 0.0, at)
    if head in (0xC0, 0xC2, 0xC3):
        return OTHER, 0, 0.0, at + 1
    if head >> 4 != 9:
        return BAD, 0, 0.0, at
    at += 1
    for _ in range(head & 15):
        if at >= end or byte(at) >> 5 != 5:
            return BAD, 0, 0.0, at
        at += 1 + (byte(at) & 31)
    return (OTHER if at <= end else BAD), 0, 0.0, at


@step
def value(at: int, end: int) -> tuple[int, int, float, int]:
    """What the value at an address is, its number (of a text its length), and where the next one begins."""
    if at >= end:
        return BAD, 0, 0.0, at
    head = byte(at)
    if head < 0x80 or head >= 0xE0 or 0xCA <= head <= 0xD3:
        return number(at, end, head)
    if 0xA0 <= head < 0xC0 or head in (0xD9, 0xDA):
        return text(at, end, head)
    return other(at, end, head)


@step
def key(at: int, end: int) -> tuple[int, int]:
    """A key of one or two letters, 0 for a longer one, and where its value begins; -1 for what is no short text."""
    head = byte(at) if at < end else 0
    length = head & 31
    if head >> 5 != 5 or at + length >= end:
        return -1, at
    if length == 1:
        return byte(at + 1), at + 2
    return (byte(at + 1) | byte(at + 2) << 8 if length == 2 else 0), at + 1 + length
