"""Alpaca's frames, scanned: MessagePack to rows without an object on the way; `feeds/alpaca.py` says what they mean.

Read here: trades, quotes and minute bars of known symbols, keys in any order, numbers of any width, times as timestamps
or numbers; what is not used is passed over while it is simple. A frame with anything else in it is the checked path's.
"""

from typing import Any

from core.compiled import kernel, record, step
from core.events import BAR, COMPLETE, QUOTE, SECOND, TIMEFRAME_NAMES, TRADE, VENUE
from feeds.messagepack import BAD, LATEST, REAL, TEXT, TIME, WHOLE, key, value
from feeds.scanning import FULL, GOOD, NUMBER, ODD, WORK, big, byte, closed, opened, symbol

MINUTE, ONE_MINUTE = 60 * SECOND, TIMEFRAME_NAMES.index("1m")
# Where a message's values are put, by its kind: p s, bp bs ap as, o h l c v vw; a trade's i and a bar's n; all kinds'.
FIFTH, SIXTH, COUNT, NAME, STAMP, KIND, UNUSED = 4, 5, 6, 7, 8, 9, 10
COMMON = 1 << NAME | 1 << STAMP | 1 << KIND
TRADE_NEEDS, QUOTE_NEEDS, BAR_NEEDS = COMMON | 0b11, COMMON | 0b1111, COMMON | 0b11111
A, B, C, H, I, L, N, O, P, Q, S, T, V, W = map(ord, "abchilnopqstvw")  # noqa: E741 the venue's keys
UPPER_S, UPPER_T = ord("S"), ord("T")
BP, BS, AP, AS, VW = B | P << 8, B | S << 8, A | P << 8, A | S << 8, V | W << 8


@step
def kind(at: int, end: int, pairs: int) -> int:
    """The letter of a message's T, wherever it stands; 0 when there is none."""
    for _ in range(pairs):
        name, at = key(at, end)
        if name < 0:
            return 0
        what, length, _real, after = value(at, end)
        if what == BAD:
            return 0
        if name == UPPER_T:
            return byte(after - 1) if what == TEXT and length == 1 else 0
        at = after
    return 0


@step
def place(which: int, name: int) -> int:
    """Where a key's value belongs."""
    found = UNUSED
    if name == UPPER_T:
        found = KIND
    elif name == UPPER_S:
        found = NAME
    elif name == T:
        found = STAMP
    elif which == T:
        found = 0 if name == P else 1 if name == S else COUNT if name == I else UNUSED
    elif which == Q:
        found = 0 if name == BP else 1 if name == BS else 2 if name == AP else 3 if name == AS else UNUSED
    elif name in (O, H):
        found = 0 if name == O else 1
    elif name in (L, C):
        found = 2 if name == L else 3
    elif name in (V, VW):
        found = FIFTH if name == V else SIXTH
    elif name == N:
        found = COUNT
    return found


@step
def fits(to: int, what: int, given: int) -> bool:
    """Whether a place can have such a value; of what it cannot the checked path says why."""
    if to == NAME:
        return what == TEXT
    if to == STAMP:
        return what in (TIME, WHOLE) and 0 < given < LATEST
    if to == COUNT:
        return what == WHOLE and given >= 0
    return to == KIND or what in (WHOLE, REAL)


@step
def real(w: Any, at: int) -> float:
    """A number that was put down. Any: a record of WORK."""
    return float(record(w.numbers, at, NUMBER).value)


@step
def put_trade(w: Any, ts: int, whole: int, who: int) -> int:
    """Any: a record of WORK."""
    if w.trades == w.room:
        return FULL
    x = record(w.to_trades, w.trades, TRADE)
    x.ts_event, x.ts_recv, x.seq, x.trade_id = ts, w.ts_recv, 0, whole
    x.price, x.size, x.symbol, x.side = real(w, 0), real(w, 1), who, 0
    w.trades += 1
    return GOOD


@step
def put_quote(w: Any, ts: int, who: int) -> int:
    """Any: a record of WORK."""
    if w.quotes == w.room:
        return FULL
    x = record(w.to_quotes, w.quotes, QUOTE)
    x.ts_event, x.ts_recv, x.seq, x.symbol = ts, w.ts_recv, 0, who
    x.bid, x.bid_size, x.ask, x.ask_size = real(w, 0), real(w, 1), real(w, 2), real(w, 3)
    w.quotes += 1
    return GOOD


@step
def put_bar(w: Any, seen: int, ts: int, whole: int, who: int) -> int:
    """A minute bar: the venue stamps its start. Any: a record of WORK."""
    if w.bars == w.room:
        return FULL
    x = record(w.to_bars, w.bars, BAR)
    x.ts_event, x.ts_recv, x.seq, x.ts_open, x.ts_close = ts + MINUTE, w.ts_recv, 0, ts, ts + MINUTE
    x.open, x.high, x.low, x.close, x.volume = real(w, 0), real(w, 1), real(w, 2), real(w, 3), real(w, 4)
    told = seen >> SIXTH & 1 and real(w, SIXTH) != 0.0
    x.vwap = real(w, SIXTH) if told else x.close
    x.trades, x.symbol, x.timeframe, x.closed, x.quality, x.origin = whole, who, ONE_MINUTE, 1, COMPLETE, VENUE
    w.bars += 1
    return GOOD


@step
def put(w: Any, which: int, seen: int, ts: int, whole: int, who: int) -> int:
    """Write a message's row, when all it needs was there. Any: a record of WORK."""
    needs = TRADE_NEEDS if which == T else QUOTE_NEEDS if which == Q else BAR_NEEDS
    if seen & needs != needs or who < 0:
        return ODD
    if which == T:
        return put_trade(w, ts, whole, who)
    return put_quote(w, ts, who) if which == Q else put_bar(w, seen, ts, whole, who)


@step
def message(w: Any, at: int, end: int) -> tuple[int, int]:
    """Read one message; where the next one begins. Any: a record of WORK."""
    head = byte(at) if at < end else 0
    pairs, at = head & 15, at + 1
    which = kind(at, end, pairs) if head >> 4 == 8 else 0
    if which not in (T, Q, B):
        return ODD, at
    seen, ts, whole, who = 0, 0, 0, -1
    for _ in range(pairs):
        name, at = key(at, end)
        what, given, fraction, after = value(at, end)
        if name < 0 or what == BAD:
            return ODD, at
        at = after
        to = place(which, name)
        if to == UNUSED:
            continue
        if seen >> to & 1 or not fits(to, what, given):
            return ODD, at
        seen |= 1 << to
        if to == NAME:
            who = symbol(w, after - given, given)
        elif to == STAMP:
            ts = given
        elif to == COUNT:
            whole = given
        elif to < COUNT:
            record(w.numbers, to, NUMBER).value = fraction if what == REAL else float(given)
    return put(w, which, seen, ts, whole, who), at


@step
def messages(w: Any) -> int:
    """Read the list of messages that a frame is. Any: a record of WORK."""
    at = w.bytes + w.payload
    end = at + w.length
    head = byte(at) if at < end else 0
    count, at = head & 15, at + 1
    if head == 0xDC and at + 2 <= end:
        count, at = big(at, 2), at + 2
    elif head >> 4 != 9:
        return ODD
    for _ in range(count):
        said, at = message(w, at, end)
        if said != GOOD:
            return said
    return GOOD if at == end else ODD


@kernel
def scan(work: int) -> int:
    """Read frames for as long as they are plain; why it stopped."""
    w = record(work, 0, WORK)
    while True:
        said = opened(w)
        if said == GOOD:
            trades, quotes, bars = w.trades, w.quotes, w.bars
            said = closed(w, messages(w), trades, quotes, bars)
        if said != GOOD:
            return said
