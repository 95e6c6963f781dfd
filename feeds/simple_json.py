"""JSON, one value at a time, for compiled scanners; what is not simple is BAD: not wrong, but not for here.

A decimal number is its digits divided by a power of ten: where both are exact as floats, the one division rounds as it
should. Functions that are called in several places are not inlined: that took several times as long to compile.
"""

import numpy as np

from core.compiled import shared, step
from feeds.scanning import big, byte

# What a value is. BAD: signs, exponents, escapes, letters beyond ASCII, nested things, numbers that might round amiss.
BAD, WHOLE, DECIMAL, TEXT, TRUE, FALSE, NOTHING = range(7)
POWERS = np.array([float(10**i) for i in range(23)])  # all that are exact
EXACT, DIGITS = 2**53, 18  # a whole number up to here is exact as a float; so many digits always fit
WORD_TRUE, WORD_NULL, WORD_FALS = (int.from_bytes(letters, "big") for letters in (b"true", b"null", b"fals"))
QUOTATION, COLON, COMMA, OPEN, CLOSE, POINT, ZERO = map(ord, '":,{}.0')


@step
def space(at: int, end: int) -> int:
    """The first byte that is none."""
    while at < end and byte(at) == 0x20:
        at += 1
    return at


@shared
def passed(at: int, end: int, letter: int) -> int:
    """What follows a letter that must be here, spaces around it left out; -1 when it is another."""
    at = space(at, end)
    return space(at + 1, end) if at < end and byte(at) == letter else -1


@shared
def text(at: int, end: int) -> int:
    """Where the text that begins here ends, at its second quotation mark; -1 when it is none, or not plain."""
    if at >= end or byte(at) != QUOTATION:
        return -1
    at += 1
    while at < end and byte(at) != QUOTATION:
        if byte(at) < 0x20 or byte(at) > 0x7E or byte(at) == 0x5C:
            return -1
        at += 1
    return at if at < end else -1


@shared
def number(at: int, end: int) -> tuple[int, int, float, int]:
    """What the number that begins here is, its digits, its value, and where it ends."""
    begin, point, digits = at, -1, 0
    while at < end:
        letter = byte(at)
        if ZERO <= letter < ZERO + 10 and at - begin <= DIGITS:
            digits = 10 * digits + letter - ZERO
        elif letter == POINT and point < 0:
            point = at
        else:
            break
        at += 1
    places = at - point - 1 if point >= 0 else 0
    before = (point if point >= 0 else at) - begin
    if before == 0 or (before > 1 and byte(begin) == ZERO) or (point >= 0 and places == 0):
        return BAD, 0, 0.0, at
    if places == 0:
        return (WHOLE if before <= DIGITS else BAD), digits, float(digits), at
    scale = places
    while digits > EXACT and digits % 10 == 0 and scale > 0:
        digits //= 10
        scale -= 1
    if digits > EXACT or before + places > DIGITS:
        return BAD, 0, 0.0, at
    return DECIMAL, 0, digits / POWERS[scale], at


@step
def word(at: int, end: int) -> tuple[int, int, float, int]:
    """true, false or null."""
    found, after = BAD, at + 4
    if after <= end:
        letters = big(at, 4)
        if letters == WORD_TRUE:
            found = TRUE
        elif letters == WORD_NULL:
            found = NOTHING
        elif letters == WORD_FALS and after < end and byte(after) == 0x65:
            found, after = FALSE, after + 1
    return found, 0, 0.0, after


@shared
def value(at: int, end: int) -> tuple[int, int, float, int]:
    """What the value here is, its number (of a text its length), and where it ends."""
    if at >= end:
        return BAD, 0, 0.0, at
    letter = byte(at)
    if letter == QUOTATION:
        stop = text(at, end)
        return (TEXT if stop >= 0 else BAD), stop - at - 1, 0.0, stop + 1
    return number(at, end) if ZERO <= letter < ZERO + 10 else word(at, end)
