"""Execution: what following the signals would have traded, bar by bar, without a look at what comes later.

Once all bars of a moment have closed, each signal made then becomes an order for what its symbol's position lacks of
what is wanted; the order goes to the market once the latency has passed, at the open of the first bar that opens then
or later. All bars that close at one moment are opened first, by the prices of before, so that no order is bounded by
another symbol's later price. Within a bar a stop and a target count from the entry on: at the open where the bar opens
beyond them, else at their price, and the stop first where both were reached. Every fill pays half the spread, slippage
and fees. Compiled; everything is found by address.
"""

from typing import Any

import numpy as np

from core.compiled import record, step
from strategies.tallying import TALLY, tally

ENTRY, STOP, TARGET, RUIN = range(4)
REASONS = ("signal", "stop", "target", "ruin")

_DUST = 1e-12  # of the equity: what rounding leaves of an order is none

# A symbol's position: how much, its newest price, what is still to be traded and from when on, the mean price of entry,
# when it was valued; the side that is wanted, and the next symbol (plus 1; -1: none) of which one is: 0 where none is.
HOLDING = np.dtype(
    [
        ("quantity", "f8"), ("price", "f8"), ("order", "f8"), ("due", "i8"), ("entry", "f8"), ("marked", "i8"),
        ("side", "f8"), ("next", "i8"),
    ],
    align=True,
)  # fmt: skip

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

# What it works on (addresses and counts), the terms of trade, and the account as it stands. Fills are kept where there
# is `room`, and points where `to_points` says.
ACCOUNT = np.dtype(
    [(name, "i8") for name in ("to_holdings", "known", "to_fills", "room", "fills", "to_points", "points", "now")]
    + [(name, "i8") for name in ("ruined", "latency", "shorts", "asked")]
    + [(name, "f8") for name in ("commission", "per_share", "least", "half_spread", "slippage", "participation")]
    + [(name, "f8") for name in ("borrow", "lot", "stop", "target", "leverage", "share", "units")]
    + [(name, "f8") for name in ("cash", "worth", "gross")]
    + [("tally", TALLY)],
    align=True,
)


@step
def whole(b: Any, quantity: float) -> float:
    """As much of it as comes in whole lots. Any: a record of ACCOUNT."""
    return float(np.trunc(quantity / b.lot + 1e-9 * np.sign(quantity)) * b.lot) if b.lot > 0.0 else quantity


@step
def trade(b: Any, h: Any, ts: int, symbol: int, quantity: float, at: float, reason: int) -> None:
    """Buy, or sell when it is negative, at a market price. Any: records of ACCOUNT and HOLDING."""
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
    if b.room > 0:
        f = record(b.to_fills, b.fills, FILL)
        f.ts_event, f.quantity, f.price, f.fee, f.left = ts, quantity, price, fee, h.order
        f.symbol, f.reason = symbol, reason
        b.fills += 1
    else:
        b.tally.fills += 1
        b.tally.fees += fee
        b.tally.turned += abs(quantity) * price
        b.tally.rounds += 1 if before != 0.0 and before * after <= 0.0 else 0


@step
def allowed(b: Any, h: Any, at: float, after: float) -> float:
    """How large a position may be behind an order at this price: no more is borrowed than the leverage allows, costs
    included, those of closing what is the other way as well. Any: records of ACCOUNT and HOLDING."""
    own = h.quantity * at
    equity = b.cash + b.worth - h.quantity * h.price + own
    others = b.gross - abs(h.quantity * h.price)
    side = 1.0 if after > h.quantity else -1.0
    held = -abs(h.quantity) if after * h.quantity < 0.0 else abs(h.quantity)
    slip = at * (b.half_spread + b.slippage)
    fee = (at + side * slip) * b.commission + b.per_share
    most = (b.leverage * (equity + held * (slip + fee)) - others) / (at + b.leverage * (slip + fee))
    if (most - held) * fee < b.least:
        most = (b.leverage * (equity + held * slip - b.least) - others) / (at + b.leverage * slip)
    return float(max(0.0, most))


@step
def execute(b: Any, h: Any, x: Any) -> None:
    """Trade at a bar's open what an order still wants. Any: records of ACCOUNT, HOLDING and BAR."""
    after = h.quantity + h.order
    if abs(after) > abs(h.quantity) or after * h.quantity < 0.0:
        most = allowed(b, h, x.open, after)
        most = max(most, abs(h.quantity)) if after * h.quantity > 0.0 else most  # what there is need not be sold
        if abs(after) > most:
            h.order = (most if after > 0.0 else -most) - h.quantity
    quantity, dust = whole(b, h.order), _DUST * abs(b.cash + b.worth) / x.open
    if b.participation > 0.0:
        most = b.participation * x.volume
        quantity = whole(b, min(max(quantity, -most), most))
    if abs(quantity) <= dust:
        h.order = h.order if b.participation > 0.0 and abs(whole(b, h.order)) > dust else 0.0
        return
    left, worth = h.order - quantity, h.quantity * h.price
    h.order = left if abs(whole(b, left)) > 0.0 and b.participation > 0.0 else 0.0
    trade(b, h, x.ts_open, x.symbol, quantity, x.open, ENTRY)
    value(b, h, worth, x.open)


@step
def protect(b: Any, h: Any, x: Any) -> None:
    """Leave at the stop or the target, if the bar reached one. Any: records of ACCOUNT, HOLDING and BAR."""
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
def value(b: Any, h: Any, worth: float, price: float) -> None:
    """Value a position, which was worth so much before, at a new price. Any: records of ACCOUNT and HOLDING."""
    now = h.quantity * price
    b.worth += now - worth
    b.gross += abs(now) - abs(worth)
    h.price = price


@step
def mark(b: Any, h: Any, worth: float, price: float, ts: int) -> None:
    """The same, and pay for what was borrowed to be sold. Any: records of ACCOUNT and HOLDING."""
    now = h.quantity * price
    if now < 0.0 and h.marked > 0:
        b.cash += now * b.borrow * (ts - h.marked)
    value(b, h, worth, price)
    h.marked = ts


@step
def ruin(b: Any, ts: int) -> None:
    """Nothing is left: close everything, and trade no more. Any: a record of ACCOUNT."""
    for symbol in range(b.known):
        h = record(b.to_holdings, symbol, HOLDING)
        h.order = 0.0
        if h.quantity != 0.0:
            worth = h.quantity * h.price
            trade(b, h, ts, symbol, -h.quantity, h.price, RUIN)
            mark(b, h, worth, h.price, ts)
    b.ruined = 1


@step
def point(b: Any, ts: int) -> None:
    """Note how things stand. Any: a record of ACCOUNT."""
    equity = b.cash + b.worth
    if b.to_points > 0:
        p = record(b.to_points, b.points, POINT)
        p.ts_event, p.cash, p.equity, p.gross = ts, b.cash, equity, b.gross
        b.points += 1
    else:
        tally(b.tally, ts, equity, b.gross)
