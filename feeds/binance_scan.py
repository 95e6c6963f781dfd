"""Binance's frames, scanned: JSON to rows without an object on the way; `feeds/binance.py` says what they mean.

Read here: trades and best prices of known symbols, of a combined stream or bare, keys in any order, numbers as text or
not; what is not used is passed over while it is simple. A frame with anything else in it is the checked path's.
"""

from typing import Any

import numpy as np

from core.compiled import kernel, record, shared, step
from core.events import QUOTE, TRADE
from feeds.scanning import FULL, GOOD, INTEGER, NUMBER, ODD, WORK, big, byte, closed, opened, symbol
from feeds.simple_json import (
    BAD,
    CLOSE,
    COLON,
    COMMA,
    DECIMAL,
    FALSE,
    OPEN,
    TEXT,
    TRUE,
    WHOLE,
    number,
    passed,
    text,
    value,
)

MILLISECOND = 1_000_000
LATEST = 2**42  # the checked path refuses a time from here on
# Where an event's values are put: a trade's p q, a book's b B a A, then what is no price.
PRICE, SIZE, BID, BIDS, ASK, ASKS, TIME, NUMBERED, NAME, MAKER, EVENT, UPDATE, UNUSED = range(13)
LETTERS = np.full(256, UNUSED)
LETTERS[[ord(letter) for letter in "pqbBaATtsmeu"]] = np.arange(UNUSED)
TRADE_NEEDS = 1 << PRICE | 1 << SIZE | 1 << TIME | 1 << NUMBERED | 1 << NAME | 1 << MAKER
BOOK_NEEDS = 1 << BID | 1 << BIDS | 1 << ASK | 1 << ASKS | 1 << NAME
TRADE_EVENT, BOOK_EVENT = 1, 2
WORD_TRADE, WORD_STREAM, WORD_DATA, WORD_BOOKTICK, WORD_ER = (
    int.from_bytes(letters, "big") for letters in (b"trade", b"stream", b"data", b"bookTick", b"er")
)


@step
def price(at: int, what: int, length: int, real: float) -> tuple[bool, float]:
    """A price or a size, which may be text that ends here; False when there is no number in it."""
    if what == TEXT:
        what, _digits, real, stop = number(at - 1 - length, at - 1)
        return what in (WHOLE, DECIMAL) and stop == at - 1, real
    return what in (WHOLE, DECIMAL), real


@step
def named(at: int, length: int) -> int:
    """Which event a name means: TRADE_EVENT, BOOK_EVENT or none of them."""
    if length == 5 and big(at, 5) == WORD_TRADE:
        return TRADE_EVENT
    return BOOK_EVENT if length == 10 and big(at, 8) == WORD_BOOKTICK and big(at + 8, 2) == WORD_ER else 0


@shared
def keep(w: Any, to: int, what: int, given: int, fraction: float, after: int) -> bool:
    """Put a value where it belongs; False when it cannot be there. Any: a record of WORK."""
    if to < TIME:
        good, found = price(after, what, given, fraction)
        record(w.numbers, to, NUMBER).value = found
        return good
    found, good = given, what == WHOLE
    if to == MAKER:
        found, good = 1 if what == TRUE else 0, what in (TRUE, FALSE)
    elif to == NAME:
        found = symbol(w, after - 1 - given, given) if what == TEXT else -1
        good = found >= 0
    elif to == EVENT:
        found = named(after - 1 - given, given) if what == TEXT else 0
        good = found > 0
    record(w.numbers, to, INTEGER).value = found
    return good


@step
def real(w: Any, at: int) -> float:
    """A price or size that was kept. Any: a record of WORK."""
    return float(record(w.numbers, at, NUMBER).value)


@step
def whole(w: Any, seen: int, at: int) -> int:
    """Anything else that was kept, 0 when it was not there. Any: a record of WORK."""
    return int(record(w.numbers, at, INTEGER).value) if seen >> at & 1 else 0


@step
def put_trade(w: Any, seen: int) -> int:
    """Any: a record of WORK."""
    ts = whole(w, seen, TIME)
    if seen & TRADE_NEEDS != TRADE_NEEDS or not 0 < ts < LATEST:
        return ODD
    if w.trades == w.room:
        return FULL
    x = record(w.to_trades, w.trades, TRADE)
    x.ts_event, x.ts_recv, x.seq, x.trade_id = ts * MILLISECOND, w.ts_recv, 0, whole(w, seen, NUMBERED)
    x.price, x.size, x.symbol = real(w, PRICE), real(w, SIZE), whole(w, seen, NAME)
    x.side = -1 if whole(w, seen, MAKER) else 1
    w.trades += 1
    return GOOD


@step
def put_quote(w: Any, seen: int) -> int:
    """Any: a record of WORK."""
    ts = whole(w, seen, TIME)
    if seen & BOOK_NEEDS != BOOK_NEEDS or ts >= LATEST:
        return ODD
    if w.quotes == w.room:
        return FULL
    x = record(w.to_quotes, w.quotes, QUOTE)
    x.ts_event, x.ts_recv, x.seq, x.symbol = ts * MILLISECOND if ts else w.ts_recv, w.ts_recv, 0, whole(w, seen, NAME)
    x.bid, x.bid_size, x.ask, x.ask_size = real(w, BID), real(w, BIDS), real(w, ASK), real(w, ASKS)
    w.quotes += 1
    return GOOD


@step
def place(at: int, stop: int, combined: bool) -> int:
    """Where the value of a key belongs; -1 for a key that might mean something the checked path looks at."""
    if stop == at + 2:
        return int(LETTERS[byte(at + 1)])
    return UNUSED if combined and stop == at + 3 else -1


@step
def event(w: Any, at: int, end: int, combined: bool) -> tuple[int, int]:
    """The values of the event whose first key begins here; what there was, and what follows, -1 for what is not plain.

    Any: a record of WORK.
    """
    seen = 0
    while True:
        stop = text(at, end)
        to = place(at, stop, combined) if stop >= 0 else -1
        at = passed(stop + 1, end, COLON) if to >= 0 else -1
        if at < 0:
            return seen, -1
        what, given, fraction, after = value(at, end)
        if what == BAD or (to != UNUSED and (seen >> to & 1 or not keep(w, to, what, given, fraction, after))):
            return seen, -1
        seen |= 1 << to
        at = passed(after, end, COMMA)
        if at < 0:
            return seen, passed(after, end, CLOSE)


@step
def inside(at: int, end: int) -> int:
    """Where a combined stream's event begins; 0 for a frame of another kind, -1 for what is not plain."""
    stop = text(at, end)
    if stop != at + 7 or big(at + 1, 6) != WORD_STREAM:
        return 0
    at = passed(stop + 1, end, COLON)
    stop = text(at, end) if at >= 0 else -1
    at = passed(stop + 1, end, COMMA) if stop >= 0 else -1
    stop = text(at, end) if at >= 0 else -1
    if stop != at + 5 or big(at + 1, 4) != WORD_DATA:
        return -1
    at = passed(stop + 1, end, COLON)
    return passed(at, end, OPEN) if at >= 0 else -1


@step
def message(w: Any) -> int:
    """Read the one event that a frame is. Any: a record of WORK."""
    at = w.bytes + w.payload
    end = at + w.length
    at = passed(at, end, OPEN)
    begin = inside(at, end) if at >= 0 else -1
    if begin < 0:
        return ODD
    seen, at = event(w, begin if begin else at, end, begin > 0)
    if begin and at >= 0:
        at = passed(at, end, CLOSE)
    if at != end:
        return ODD
    which = whole(w, seen, EVENT)
    if which == TRADE_EVENT:
        return put_trade(w, seen)
    return put_quote(w, seen) if which == BOOK_EVENT or whole(w, seen, UPDATE) else ODD


@kernel
def scan(work: int) -> int:
    """Read frames for as long as they are plain; why it stopped."""
    w = record(work, 0, WORK)
    while True:
        said = opened(w)
        if said == GOOD:
            trades, quotes, bars = w.trades, w.quotes, w.bars
            said = closed(w, message(w), trades, quotes, bars)
        if said != GOOD:
            return said
