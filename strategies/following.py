"""Following: an account on its way from moment to moment, as its bars open and close and signals are made; compiled.

`through.py` takes it through bars together with the nodes; `follow` does where the signals are there already.
"""

from typing import Any

import numpy as np

from core.compiled import kernel, record, step
from core.events import BAR, SIGNAL
from strategies.execution import ACCOUNT, HOLDING, execute, mark, point, protect, ruin
from strategies.tallying import returned

BAR_SIZE = BAR.itemsize

# Bars and the signals made at their closes.
GIVEN = np.dtype(
    [(name, "i8") for name in ("to_account", "to_bars", "bars", "bar", "to_signals", "signals", "signal")], align=True
)


@step
def turn(b: Any) -> None:
    """All bars of a moment have closed: who has nothing left is out, what is wanted becomes orders. Any: an ACCOUNT."""
    if not b.ruined and b.cash + b.worth <= 0.0:
        ruin(b, b.now)
    point(b, b.now)
    wanted, amount = b.asked, b.share * (b.cash + b.worth)
    while wanted > 0:
        h = record(b.to_holdings, wanted - 1, HOLDING)
        if not b.ruined:
            h.order = h.side * (b.units if b.units > 0.0 else amount / h.price) - h.quantity
            h.due = b.now + b.latency
        wanted, h.next = h.next, 0
    b.asked = 0


@kernel
def opened(account: int, bar: int) -> None:
    """What happens at a bar's open; all that close at its moment are opened before one of them closes."""
    b, x = record(account, 0, ACCOUNT), record(bar, 0, BAR)
    if x.ts_event != b.now:
        if b.now > 0:
            turn(b)
        b.now = x.ts_event
    h = record(b.to_holdings, x.symbol, HOLDING)
    if h.order != 0.0 and not b.ruined and x.ts_open >= h.due:
        execute(b, h, x)


@kernel
def closed(account: int, bar: int) -> None:
    """What happens between a bar's open and its close."""
    b, x = record(account, 0, ACCOUNT), record(bar, 0, BAR)
    h = record(b.to_holdings, x.symbol, HOLDING)
    if h.quantity == 0.0:
        h.price, h.marked = x.close, x.ts_event
        return
    worth = h.quantity * h.price
    if b.stop + b.target > 0.0:
        protect(b, h, x)
    mark(b, h, worth, x.close, x.ts_event)


@kernel
def wish(account: int, bar: int, side: float) -> None:
    """A signal at a bar's close."""
    b, x = record(account, 0, ACCOUNT), record(bar, 0, BAR)
    h = record(b.to_holdings, x.symbol, HOLDING)
    h.side = side if side > 0.0 or b.shorts else 0.0
    if h.next == 0:
        h.next, b.asked = b.asked if b.asked > 0 else -1, x.symbol + 1


@step
def moment(to_bars: int, at: int, bars: int, most: int) -> int:
    """Where the bars end, at most so many, that close when this one does."""
    ts, end = record(to_bars, at, BAR).ts_event, at + 1
    while end < min(bars, at + most) and record(to_bars, end, BAR).ts_event == ts:
        end += 1
    return end


@kernel
def finish(account: int) -> None:
    """Nothing comes any more: note how things stand."""
    b = record(account, 0, ACCOUNT)
    if b.now > 0:
        point(b, b.now)
        returned(b.tally)


@kernel
def follow(given: int) -> int:
    """Go on from where it stopped, for as long as there is room for what one bar may bring; how many bars it took."""
    k = record(given, 0, GIVEN)
    b = record(k.to_account, 0, ACCOUNT)
    first = k.bar
    while k.bar < k.bars and b.fills + 3 * b.known <= b.room:
        last = moment(k.to_bars, k.bar, k.bars, b.known)
        for at in range(k.bar, last):
            opened(k.to_account, k.to_bars + at * BAR_SIZE)
        for at in range(k.bar, last):
            bar = k.to_bars + at * BAR_SIZE
            x = record(bar, 0, BAR)
            closed(k.to_account, bar)
            while k.signal < k.signals:
                s = record(k.to_signals, k.signal, SIGNAL)
                if s.ts_event != x.ts_event or s.symbol != x.symbol:
                    break
                wish(k.to_account, bar, s.side)
                k.signal += 1
        k.bar = last
    return int(k.bar - first)
