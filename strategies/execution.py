"""Execution: what following the signals would have traded, bar by bar, without a look at what comes later.

A signal at a bar's close becomes an order for what its symbol's position lacks of what is wanted; the order goes to the
market once the latency has passed, at the open of the first bar that opens then or later. Within a bar a stop and a
target count from the entry on: at the open where the bar opens beyond them, else at their price, and the stop first
where both were reached. Every fill pays half the spread, slippage and fees. Compiled; everything is found by address.
"""

from typing import Any

import numpy as np

from core.compiled import kernel, record, step
from core.events import BAR, SIGNAL

ENTRY, STOP, TARGET, RUIN = range(4)
REASONS = ("signal", "stop", "target", "ruin")

# A symbol's position: how much, its newest price, what is still to be traded and from when on, the mean price of entry.
HOLDING = np.dtype(
    [("quantity", "f8"), ("price", "f8"), ("order", "f8"), ("due", "i8"), ("entry", "f8"), ("marked", "i8")], align=True
)

# One trade of ours; `quantity` is negative when sold, `left` is what is still to be traded of its order.
FILL = np.dtype(
    [
        ("ts_event", "i8"), ("quantity", "f8"), ("price", "f8"), ("fee", "f8"), ("left", "f8"), ("symbol", "i4"),
        ("reason", "i4"),
    ],
    align=True,
)  # fmt: skip

# How things stood when all bars of a moment had closed; `gross` is the sum of all positions' absolute values.
POINT = np.dtype([("ts_event", "i8"), ("cash", "f8"), ("equity", "f8"), ("gross", "f8")], align=True)

# What it works on (addresses and counts), the terms of trade, and the account as it stands.
BOOK = np.dtype(
    [(name, "i8") for name in ("to_bars", "bars", "to_signals", "signals", "to_holdings", "known")]
    + [(name, "i8") for name in ("to_fills", "room", "fills", "to_points", "points", "bar", "signal", "now", "ruined")]
    + [(name, "i8") for name in ("latency", "shorts")]
    + [(name, "f8") for name in ("commission", "per_share", "least", "half_spread", "slippage", "participation")]
    + [(name, "f8") for name in ("borrow", "lot", "stop", "target", "leverage", "share", "units")]
    + [(name, "f8") for name in ("cash", "worth", "gross")],
    align=True,
)


@step
def whole(b: Any, quantity: float) -> float:
    """As much of it as comes in whole lots. Any: a record of BOOK."""
    return float(np.trunc(quantity / b.lot + 1e-9 * np.sign(quantity)) * b.lot) if b.lot > 0.0 else quantity


@step
def trade(b: Any, h: Any, ts: int, symbol: int, quantity: float, at: float, reason: int) -> None:
    """Buy, or sell when it is negative, at a market price. Any: records of BOOK and HOLDING."""
    side = 1.0 if quantity > 0.0 else -1.0
    price = at * (1.0 + side * (b.half_spread + b.slippage))
    fee = max(b.least, abs(quantity) * (price * b.commission + b.per_share))
    before, after = h.quantity, h.quantity + quantity
    if before * quantity >= 0.0:
        h.entry = (h.entry * abs(before) + price * abs(quantity)) / abs(after)
    elif before * after < 0.0:
        h.entry = price
    b.cash -= quantity * price + fee
    h.quantity = after
    f = record(b.to_fills, b.fills, FILL)
    f.ts_event, f.quantity, f.price, f.fee, f.left = ts, quantity, price, fee, h.order
    f.symbol, f.reason = symbol, reason
    b.fills += 1


@step
def allowed(b: Any, h: Any, at: float) -> float:
    """How large a position may be at this price: no more is borrowed than the leverage allows. Any: as above."""
    own = h.quantity * at
    equity = b.cash + b.worth - h.quantity * h.price + own
    others = b.gross - abs(h.quantity * h.price)
    price = at * (1.0 + b.half_spread + b.slippage)
    return float(max(0.0, b.leverage * equity - others) / (price * (1.0 + b.commission) + b.per_share))


@step
def execute(b: Any, h: Any, x: Any) -> None:
    """Trade at a bar's open what an order still wants. Any: records of BOOK, HOLDING and BAR."""
    after = h.quantity + h.order
    grows = abs(after) > abs(h.quantity) or after * h.quantity < 0.0
    if grows:
        most = allowed(b, h, x.open)
        if abs(after) > most:
            after = most if after > 0.0 else -most
            if abs(after) < abs(h.quantity) and after * h.quantity > 0.0:
                after = h.quantity  # what there is need not be sold
            h.order = after - h.quantity
    quantity = whole(b, h.order)
    if b.participation > 0.0:
        most = b.participation * x.volume
        quantity = whole(b, min(max(quantity, -most), most))
    if quantity == 0.0:
        h.order = h.order if b.participation > 0.0 and abs(whole(b, h.order)) > 0.0 else 0.0
        return
    left = h.order - quantity
    h.order = left if abs(whole(b, left)) > 0.0 and b.participation > 0.0 else 0.0
    trade(b, h, x.ts_open, x.symbol, quantity, x.open, ENTRY)


@step
def protect(b: Any, h: Any, x: Any) -> None:
    """Leave at the stop or the target, if the bar reached one. Any: records of BOOK, HOLDING and BAR."""
    side = 1.0 if h.quantity > 0.0 else -1.0
    stop, target = h.entry * (1.0 - side * b.stop), h.entry * (1.0 + side * b.target)
    worst, best = (x.low, x.high) if side > 0.0 else (x.high, x.low)
    if b.stop > 0.0 and (worst - stop) * side <= 0.0:
        h.order = 0.0
        trade(b, h, x.ts_event, x.symbol, -h.quantity, x.open if (x.open - stop) * side <= 0.0 else stop, STOP)
    elif b.target > 0.0 and (best - target) * side >= 0.0:
        h.order = 0.0
        trade(b, h, x.ts_event, x.symbol, -h.quantity, x.open if (x.open - target) * side >= 0.0 else target, TARGET)


@step
def mark(b: Any, h: Any, worth: float, price: float, ts: int) -> None:
    """Value a position, which was worth so much before, at a new price; what was borrowed to be sold costs its fee.
    Any: records of BOOK and HOLDING."""
    now = h.quantity * price
    if now < 0.0 and h.marked > 0:
        b.cash += now * b.borrow * (ts - h.marked)
    b.worth += now - worth
    b.gross += abs(now) - abs(worth)
    h.price, h.marked = price, ts


@step
def ruin(b: Any, ts: int) -> None:
    """Nothing is left: close everything, and trade no more. Any: a record of BOOK."""
    for symbol in range(b.known):
        h = record(b.to_holdings, symbol, HOLDING)
        h.order = 0.0
        if h.quantity != 0.0:
            worth = h.quantity * h.price
            trade(b, h, ts, symbol, -h.quantity, h.price, RUIN)
            mark(b, h, worth, h.price, ts)
    b.ruined = 1


@step
def wish(b: Any, h: Any, x: Any, side: float) -> None:
    """Order what the position lacks of what a signal wants. Any: records of BOOK, HOLDING and BAR."""
    side = side if side > 0.0 or b.shorts else 0.0
    wanted = side * (b.units if b.units > 0.0 else b.share * (b.cash + b.worth) / x.close)
    h.order = wanted - h.quantity
    h.due = x.ts_event + b.latency


@step
def point(b: Any, ts: int) -> None:
    """Note how things stand. Any: a record of BOOK."""
    p = record(b.to_points, b.points, POINT)
    p.ts_event, p.cash, p.equity, p.gross = ts, b.cash, b.cash + b.worth, b.gross
    b.points += 1


@kernel
def follow(book: int) -> int:
    """Go on from where it stopped, for as long as there is room for what one bar may bring; how many bars it took."""
    b = record(book, 0, BOOK)
    first = b.bar
    while b.bar < b.bars and b.fills + 2 + b.known <= b.room:
        x = record(b.to_bars, b.bar, BAR)
        h = record(b.to_holdings, x.symbol, HOLDING)
        if x.ts_event != b.now and b.now > 0:
            point(b, b.now)
        b.now = x.ts_event
        worth = h.quantity * h.price
        if not b.ruined and h.order != 0.0 and x.ts_open >= h.due:
            execute(b, h, x)
        if h.quantity != 0.0 and b.stop + b.target > 0.0:
            protect(b, h, x)
        mark(b, h, worth, x.close, x.ts_event)
        if not b.ruined and b.cash + b.worth <= 0.0:
            ruin(b, x.ts_event)
        while b.signal < b.signals:
            s = record(b.to_signals, b.signal, SIGNAL)
            if s.ts_event != x.ts_event or s.symbol != x.symbol:
                break
            if not b.ruined:
                wish(b, h, x, s.side)
            b.signal += 1
        b.bar += 1
    return int(b.bar - first)
