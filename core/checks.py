"""What is asked of a row before anything is computed from it: one NaN would poison an average for good."""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiled import step
from core.events import SECOND, Batch

REFUSED = ("unknown_symbol", "bad_price", "bad_size", "bad_time", "repeated", "bad_amendment")
LARGEST = sys.float_info.max  # cheaper: a comparison with infinity becomes a dozen instructions
AHEAD = 3600 * SECOND  # an event further ahead of our clock would hold back all later ones as late


@step
def finite(value: float) -> bool:
    return value >= 0.0 and value <= LARGEST


@step
def wrong_trade(x: Any, known: int) -> int:
    """Index into REFUSED of what is wrong with a trade, or -1. Any: a record of TRADE."""
    wrong = misplaced(x, known)
    if wrong < 0 and not (x.price > 0.0 and finite(x.price)):
        return 1
    return 2 if wrong < 0 and not finite(x.size) else wrong


@step
def wrong_quote(x: Any, known: int) -> int:
    """Index into REFUSED of what is wrong with a quote, or -1. Any: a record of QUOTE."""
    wrong = misplaced(x, known)
    if wrong < 0 and not (finite(x.bid) and finite(x.ask)):
        return 1
    return 2 if wrong < 0 and not (finite(x.bid_size) and finite(x.ask_size)) else wrong


@step
def misplaced(x: Any, known: int) -> int:
    """Index into REFUSED of what is wrong with a row's symbol or time, or -1. Any: a record of TRADE or QUOTE."""
    if x.symbol < 0 or x.symbol >= known:
        return 0
    return 3 if x.ts_event <= 0 or x.ts_event - x.ts_recv > AHEAD else -1


@step
def wrong_bar(x: Any, known: int) -> bool:
    """Whether a bar's symbol is unknown or one of its numbers is none. Any: a record of BAR."""
    numbers = x.open + x.high + x.low + x.close + x.volume + x.vwap  # NaN and infinity stay in a sum
    return x.symbol < 0 or x.symbol >= known or not abs(numbers) <= LARGEST


def sound_bars(batch: Batch, symbols: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of a venue's bars those of known symbols, and of these the ones whose numbers can be."""
    known = (batch["symbol"] >= 0) & (batch["symbol"] < symbols)
    low, high = batch["low"], batch["high"]
    sound = known & (low > 0) & (high < np.inf) & (batch["volume"] >= 0) & (batch["volume"] < np.inf)
    for name in ("open", "close"):  # NaN is nowhere between
        sound &= (low <= batch[name]) & (batch[name] <= high)
    return known, sound & np.isfinite(batch["vwap"])
