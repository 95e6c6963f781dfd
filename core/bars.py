"""Bars from trades: the steps by which a bar is begun, added to and closed.

A bar covers [ts_open, ts_close) of the venue's clock, aligned to the epoch in UTC; it is closed by the first trade at
or after ts_close, or by a TIME row that reached ts_close. No trade, no bar: nothing is invented for a quiet interval.
The first bar of a symbol is `partial` when listening began after its ts_open.
A trade for a bar that is already closed is counted as late and leaves that bar alone; inside an open bar a trade
older than the last one counts for high, low and volume, and does not become its close.
"""

from typing import Any

import numpy as np

from core.compiled import step
from core.events import COMPLETE, ENGINE, PARTIAL

# A bar in the making. `trades == 0`: closed, and trades before ts_close are late.
FORMING = np.dtype(
    [
        ("ts_open", "i8"),
        ("ts_close", "i8"),
        ("ts_last", "i8"),
        ("seq", "i8"),
        ("trades", "i8"),
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("notional", "f8"),
    ],
    align=True,
)

# One timeframe: its index in TIMEFRAME_NAMES, its width, the first moment a bar of it is due, late trades.
LANE = np.dtype([("frame", "i8"), ("width", "i8"), ("due", "i8"), ("late", "i8")], align=True)

NEVER = np.iinfo(np.int64).max


@step
def begin(b: Any, x: Any, lane: Any) -> None:
    """Begin the bar that the trade `x` falls into. Any: records of FORMING, TRADE and LANE."""
    b.ts_open = x.ts_event - x.ts_event % lane.width
    b.ts_close = b.ts_open + lane.width
    b.ts_last = x.ts_event
    b.open = b.high = b.low = b.close = x.price
    b.volume = b.notional = 0.0
    lane.due = min(lane.due, b.ts_close)


@step
def add(b: Any, x: Any) -> None:
    """Count the trade `x` into the forming bar `b`. Any: records of FORMING and TRADE."""
    b.high = max(b.high, x.price)
    b.low = min(b.low, x.price)
    if x.ts_event >= b.ts_last:
        b.close = x.price
        b.ts_last = x.ts_event
    b.trades += 1
    b.volume += x.size
    b.notional += x.size * x.price


@step
def close(b: Any, bar: Any, symbol: int, frame: int, ts_recv: int, born: int) -> None:
    """Write the forming bar `b` into the row `bar` and mark it closed. Any: records of FORMING and BAR."""
    b.seq += 1
    bar.ts_event, bar.ts_recv, bar.seq = b.ts_close, ts_recv, b.seq
    bar.ts_open, bar.ts_close = b.ts_open, b.ts_close
    bar.open, bar.high, bar.low, bar.close = b.open, b.high, b.low, b.close
    bar.volume, bar.trades = b.volume, b.trades
    bar.vwap = b.notional / b.volume if b.volume > 0.0 else b.close
    bar.symbol, bar.timeframe, bar.closed = symbol, frame, 1
    bar.quality = PARTIAL if b.ts_open < born else COMPLETE
    bar.origin = ENGINE
    b.trades = 0
