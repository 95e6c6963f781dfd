"""Bars from trades: the steps by which a bar is begun, added to and closed.

A bar covers [ts_open, ts_close) of the venue's clock, aligned to the epoch in UTC; it is closed by the first trade at
or after ts_close, or by a TIME row that reached ts_close. No trade, no bar: nothing is invented for a quiet interval.
The first bar of a symbol is `partial` when listening began after its ts_open, one that was open during a gap is `gap`.
A trade for a bar that is already closed is counted as late and leaves that bar alone; inside an open bar a trade
older than the last one counts for high, low and volume, and does not become its close: that is the price of the
symbol's newest trade, the same for all its open bars and therefore kept once.
"""

from typing import Any

import numpy as np

from core.compiled import step
from core.events import COMPLETE, ENGINE, GAP, NEVER, PARTIAL

# A bar in the making. `ts_open == NEVER`: closed, and trades before ts_close are late. `first`: how many trades of the
# symbol came before it, or later but too late for it: no count of its own, a store less for every trade.
FORMING = np.dtype(
    [
        ("ts_open", "i8"),
        ("ts_close", "i8"),
        ("seq", "i8"),
        ("first", "i8"),
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("volume", "f8"),
        ("notional", "f8"),
    ],
    align=True,
)

# One timeframe: its index in TIMEFRAME_NAMES, its width, the first moment a bar of it is due, late trades.
LANE = np.dtype([("frame", "i8"), ("width", "i8"), ("due", "i8"), ("late", "i8")], align=True)


@step
def begin(b: Any, ts: int, price: float, before: int, lane: Any) -> None:
    """Begin the bar that a trade falls into, the symbol's first after `before`. Any: records of FORMING and LANE."""
    b.ts_open = ts - ts % lane.width
    b.ts_close = b.ts_open + lane.width
    b.open = b.high = b.low = price
    b.volume = b.notional = 0.0
    b.first = before
    lane.due = min(lane.due, b.ts_close)


@step
def add(b: Any, price: float, size: float) -> None:
    """Count a trade into the forming bar `b`. Any: a record of FORMING."""
    b.high = max(b.high, price)
    b.low = min(b.low, price)
    b.volume += size
    b.notional += size * price


@step
def close(
    b: Any, bar: Any, price: float, trades: int, symbol: int, frame: int, ts_recv: int, since: tuple[int, int]
) -> None:
    """Write the forming bar `b` into the row `bar` and mark it closed; `trades` is how many of the symbol's came before
    now, `since` when listening began and when the symbol's last gap ended. Any: records of FORMING and BAR."""
    b.seq += 1
    bar.ts_event, bar.ts_recv, bar.seq = b.ts_close, ts_recv, b.seq
    bar.ts_open, bar.ts_close = b.ts_open, b.ts_close
    bar.open, bar.high, bar.low, bar.close = b.open, b.high, b.low, price
    bar.volume, bar.trades = b.volume, trades - b.first
    bar.vwap = b.notional / b.volume if b.volume > 0.0 else price
    bar.symbol, bar.timeframe, bar.closed = symbol, frame, 1
    bar.quality = PARTIAL if b.ts_open < since[0] else GAP if b.ts_open < since[1] else COMPLETE
    bar.origin = ENGINE
    b.ts_open = NEVER
