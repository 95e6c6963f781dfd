"""Through: bars through a strategy's nodes and into the accounts that follow it, compiled as one kernel.

As it stands here the nodes are none, those of `core/kernel.py`. `strategies/machine.py` puts this text behind the
source of a bank's kernel, without that import, so that `on_bar` is what runs live. There may be many accounts, each
with states of its own: they take turns, a block of bars each, so that neither bars nor states are fetched from far.
"""

from typing import Any

import numpy as np

from core.checks import wrong_bar
from core.compiled import kernel, record, step
from core.events import BAR, SIGNAL
from core.kernel import STATE, TICK, VALUE, on_bar  # not in what is compiled: there they are above
from strategies.execution import ACCOUNT
from strategies.following import closed, moment, opened, wish  # there: of the compiled module that all share

BLOCK = 2048  # bars: 250 kB, in a processor's second cache
BAR_SIZE, SIGNAL_SIZE, ACCOUNT_SIZE = BAR.itemsize, SIGNAL.itemsize, ACCOUNT.itemsize

# Bars, and for each account the states of all symbols. Those before `followed` the nodes see, and nobody trades.
# Signals are kept one after another where `keeps` says.
PATH = np.dtype(
    [(name, "i8") for name in ("to_bars", "bars", "bar", "frame", "to_state", "to_ticks", "symbols", "to_values")]
    + [(name, "i8") for name in ("to_signals", "signals", "keeps", "to_accounts", "accounts", "followed")],
    align=True,
)


@step
def wrong(k: Any, x: Any, now: int) -> bool:
    """Whether a bar cannot be taken. Any: records of PATH and BAR."""
    return wrong_bar(x, k.symbols) or x.ts_event < now or x.timeframe != k.frame


@step
def one(k: Any, account: int, bar: int, place: int, to_signals: int, follows: bool) -> int:
    """A bar that was opened, for an account; how many signals are followed at its close. Any: a record of PATH."""
    if follows:
        closed(account, bar)
    s, t = record(k.to_state, place, STATE), record(k.to_ticks, place, TICK)
    made = on_bar(record(bar, 0, BAR), s, t, record(k.to_values, 0, VALUE), to_signals, 0)
    if not follows:
        return 0
    for n in range(made):
        wish(account, bar, record(to_signals, n, SIGNAL).side)
    return int(made)


@step
def open_all(k: Any, account: int, first: int, last: int) -> int:
    """Open the bars of a moment for an account; the first that is wrong, or -1. Any: a record of PATH."""
    for at in range(first, last):
        bar = k.to_bars + at * BAR_SIZE
        if wrong(k, record(bar, 0, BAR), record(account, 0, ACCOUNT).now):
            return at
        if at >= k.followed:
            opened(account, bar)
    return -1


@step
def block(k: Any, i: int, last: int) -> int:
    """The bars until `last` for one account, moment by moment; the first that is wrong, or -1. Any: as above."""
    account, at = k.to_accounts + i * ACCOUNT_SIZE, k.bar
    while at < last:
        end = moment(k.to_bars, at, last, k.symbols)
        at_fault = open_all(k, account, at, end)
        if at_fault >= 0:
            return at_fault
        while at < end:
            bar = k.to_bars + at * BAR_SIZE
            place = i * k.symbols + record(bar, 0, BAR).symbol
            to_signals = k.to_signals + k.signals * k.keeps * SIGNAL_SIZE
            k.signals += one(k, account, bar, place, to_signals, at >= k.followed)
            at += 1
    return -1


@kernel
def through(path: int) -> int:
    """Take a block of bars, and go on while no account keeps what it does. How many were taken; when the next one is
    wrong, one less than nothing for each of them."""
    k = record(path, 0, PATH)
    first = k.bar
    while k.bar < k.bars:
        last = min(k.bar + BLOCK, k.bars)
        last = moment(k.to_bars, last - 1, k.bars, k.symbols)  # a moment is not cut
        for i in range(k.accounts):
            at_fault = block(k, i, last)
            if at_fault >= 0:
                return -1 - int(at_fault - first)
        k.bar = last
        if k.keeps:
            break
    return int(k.bar - first)
