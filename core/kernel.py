"""The kernel: trades, quotes, time and bars in; checked rows, bars, values and signals out; all symbols in one pass.

As it stands here it is the kernel of a bank without nodes. `core/source.py` writes the real ones: this text, with the
lines between the marks replaced by what the nodes need. So this page is what every kernel looks like.

Rows are checked once, here, at the door: behind it symbol, timeframe and numbers are trusted. What lives long is found
by address, and no array is passed on: each would be counted in and out (8 ns a row became 51). A trade first closes
the bars that end before it, and counts afterwards, so nothing a bar's nodes see is younger than the bar.
"""

from math import nan
from typing import Any

import numpy as np

from core.bars import FORMING, LANE, add, begin, close
from core.checks import LARGEST, wrong_bar, wrong_quote, wrong_trade
from core.compiled import address, constants, kernel, padded, record, shared, step
from core.events import BAR, GAP, NEVER, SIGNAL, TIMEFRAME_NAMES, Batch, value_dtype
from core.past import push

# -- nodes: layouts
STATE = padded(np.dtype([("nothing", "f8")], align=True))  # one symbol on one timeframe
TICK = np.dtype(
    [(name, "i8") for name in ("trades", "quotes", "signals", "ts_price", "trade_id", "closed_to", "missed_to")]
    + [("price", "f8")],
    align=True,
)
VALUE = value_dtype(())
LANES = 1  # timeframes
# -- end

# All that a kernel finds by address, and what it says beside its answer. `symbols`: how many there is memory for,
# `known`: how many there are. `room`: how many bars may come out of one call. `free`: how many of the next trades may
# be out of order: at the first one behind them that is, taking stops.
BOOK = np.dtype(
    [(name, "i8") for name in ("symbols", "known", "born", "makes_bars", "room", "free", "taken")]
    + [(name, "i8") for name in ("forming", "state", "ticks", "lane", "lane_of", "refused")],
    align=True,
)
# The same for one symbol on one timeframe, all that `update` needs.
PLACE = np.dtype(
    [(name, "i8") for name in ("state", "tick", "values", "bar", "signals", "symbol", "frame")], align=True
)
COUNT = np.dtype([("n", "i8")])
FORMING_SIZE = FORMING.itemsize


@step
def on_trade(x: Any, t: Any) -> None:
    """The nodes that work on trades. Any: records of TRADE and TICK."""
    # -- nodes: trades
    # -- end


@step
def on_quote(x: Any, t: Any) -> None:
    """The nodes that work on quotes. Any: records of QUOTE and TICK."""
    # -- nodes: quotes
    # -- end


@shared
def on_bar(x: Any, s: Any, t: Any, v: Any, signals: int, g: int) -> int:
    """The nodes that work on bars: values into `v`, signals after the `g` there are; how many there are then.

    Any: records of BAR, STATE, TICK and VALUE.
    """
    # -- nodes: bars
    # -- end
    return g


@step
def head(x: Any, v: Any) -> Any:
    """A row of values that belongs to the bar `x`. Any: records of BAR and VALUE."""
    v.ts_event, v.ts_recv, v.seq = x.ts_event, x.ts_recv, x.seq
    v.symbol, v.timeframe, v.quality = x.symbol, x.timeframe, x.quality
    return v


@step
def refused(k: Any, wrong: int) -> bool:
    """Whether something is wrong with a row, and then counted. Any: a record of BOOK."""
    if wrong >= 0:
        record(k.refused, wrong, COUNT).n += 1
    return wrong >= 0


@step
def finish(
    k: Any, f: Any, l: int, symbol: int, trades: int, at: tuple[int, int, int], ts_recv: int, b: int, g: int
) -> int:
    """Close a forming bar and run the nodes on it; how many signals there are then. Any: records."""
    bar = record(at[0], b, BAR)
    t = record(k.ticks, symbol, TICK)
    close(f, bar, t.price, trades, symbol, record(k.lane, l, LANE).frame, ts_recv, (k.born, t.missed_to))
    return on_bar(bar, record(k.state, l * k.symbols + symbol, STATE), t, head(bar, record(at[1], b, VALUE)), at[2], g)


@step
def count(k: Any, x: Any, t: Any, at: tuple[int, int, int], b: int, g: int) -> tuple[int, int]:
    """Count a trade, its symbol's newest number, into every timeframe's bar; how many bars and signals there are then.
    Any: records."""
    symbol, ts, price, size, before = x.symbol, x.ts_event, x.price, x.size, t.trades - 1
    first = k.forming + symbol * LANES * FORMING_SIZE
    for l in range(LANES):
        f = record(first, l, FORMING)
        if ts >= f.ts_close:
            if f.ts_open != NEVER:
                g = finish(k, f, l, symbol, before, at, x.ts_recv, b, g)
                b += 1
            begin(f, ts, price, before, record(k.lane, l, LANE))
        elif ts < f.ts_open:
            f.first += 1
            record(k.lane, l, LANE).late += 1
            continue
        add(f, price, size)
    if ts >= t.ts_price:
        t.ts_price, t.trade_id, t.price = ts, x.trade_id, price
    return b, g


@step
def expire(k: Any, now: int, ts_recv: int, at: tuple[int, int, int], b: int, g: int) -> tuple[int, int]:
    """Close the bars that end at or before `now`, as many as there is room for. Any: a record of BOOK."""
    for l in range(LANES):
        lane = record(k.lane, l, LANE)
        if now < lane.due:
            continue
        due = NEVER
        for symbol in range(k.known):
            f = record(k.forming, symbol * LANES + l, FORMING)
            if f.ts_open == NEVER:
                continue
            if f.ts_close <= now and b < k.room:
                t = record(k.ticks, symbol, TICK)
                g = finish(k, f, l, symbol, t.trades, at, ts_recv, b, g)
                t.closed_to = max(t.closed_to, f.ts_close)
                b += 1
            else:
                due = min(due, f.ts_close)
        lane.due = due
    return b, g


@step
def out_of_order(x: Any, t: Any) -> bool:
    """Whether a trade happened before one that came before it, or may be one that did, or comes for a bar that time has
    closed. Those of one moment go by the venue's number, where they have one. Any: records of TRADE and TICK."""
    ts = x.ts_event
    return ts < t.closed_to or (ts <= t.ts_price and (ts < t.ts_price or 0 < x.trade_id <= t.trade_id))


@kernel
def take(
    book: int, trades: Batch, now: int, ts_recv: int, out: Batch, bars: Batch, values: Batch, signals: Batch
) -> int:
    """Trades, then time up to `now`, unless some are left. How many rows of `out`, `bars`, `signals`, 20 bits each."""
    k = record(book, 0, BOOK)
    at = address(bars), address(values), address(signals)
    room, known, ticks, free = k.room, k.known, k.ticks, k.free
    n = b = g = i = 0
    while i < trades.shape[0] and b + LANES <= room:
        x = trades[i]
        if refused(k, wrong_trade(x, known)):
            i += 1
            continue
        t = record(ticks, x.symbol, TICK)
        if i >= free and out_of_order(x, t):
            break
        i += 1
        k.born = x.ts_event if k.born == NEVER else k.born
        t.trades += 1
        out[n] = x
        out[n].seq = t.trades
        n += 1
        if k.makes_bars:
            b, g = count(k, x, t, at, b, g)
        on_trade(x, t)
    k.taken = i
    if now > 0 and i == trades.shape[0]:
        k.born = now if k.born == NEVER else k.born
        b, g = expire(k, now, ts_recv, at, b, g)
    return n | b << 20 | g << 40


@kernel
def note(book: int, quotes: Batch, out: Batch) -> int:
    """Quotes, checked and numbered; how many rows there are in `out`."""
    k = record(book, 0, BOOK)
    n = 0
    for i in range(quotes.shape[0]):
        x = quotes[i]
        if refused(k, wrong_quote(x, k.known)):
            continue
        t = record(k.ticks, x.symbol, TICK)
        t.quotes += 1
        out[n] = x
        out[n].seq = t.quotes
        n += 1
        on_quote(x, t)
    return n


@kernel
def check(book: int, bars: Batch) -> int:
    """The first bar that this bank cannot take, -1 when it can take all."""
    k = record(book, 0, BOOK)
    for i in range(bars.shape[0]):
        x = bars[i]
        known = 0 <= x.timeframe < len(TIMEFRAME_NAMES) and record(k.lane_of, x.timeframe, COUNT).n >= 0
        if not known or wrong_bar(x, k.known):
            return i
    return -1


@kernel
def run(book: int, bars: Batch, values: Batch, signals: Batch) -> int:
    """Finished bars that `check` let pass, one row of values each; how many rows there are in `signals`."""
    k = record(book, 0, BOOK)
    g = 0
    at, rows, lane_of, state, symbols, ticks = address(signals), address(values), k.lane_of, k.state, k.symbols, k.ticks
    for i in range(bars.shape[0]):
        x = bars[i]
        s = record(state, record(lane_of, x.timeframe, COUNT).n * symbols + x.symbol, STATE)
        g = on_bar(x, s, record(ticks, x.symbol, TICK), head(x, record(rows, i, VALUE)), at, g)
    return g


@kernel
def update(
    place: int,
    # -- nodes: fields
    # -- end
) -> int:
    """One finished bar of one symbol, as the numbers its nodes read. How many signals; -1, and nothing done, when one
    of the numbers is none."""
    p = record(place, 0, PLACE)
    x = record(p.bar, 0, BAR)
    # -- nodes: given
    # -- end
    x.symbol = p.symbol
    return on_bar(x, record(p.state, 0, STATE), record(p.tick, 0, TICK), record(p.values, 0, VALUE), p.signals, 0)
