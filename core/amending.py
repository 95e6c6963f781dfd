"""Amending: trades that their venue takes back or corrects, among those that are known."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.events import AMENDED, AMENDMENT, CHANNELS, IMPOSSIBLE, MISSED, TRADE, Batch, joined, rows

_TRADES = CHANNELS.index("trades")


class Amended(NamedTuple):
    """The trades as they are now; of those that changed a row each, as they are now, without price or size when they
    were taken back; the amendments whose trade was not among them; the numbers that are no more, and their moments."""

    trades: Batch
    told: Batch
    left: Batch
    gone: dict[int, int]


def amended(trades: Batch, amendments: Batch) -> Amended:
    """Amendments count one after the other: what was corrected may be corrected again, by its new number.

    A number alone is no proof, for exchanges of one tape may give the same: price and size have to be those that the
    venue says the trade had.
    """
    trades, there = trades.copy(), np.ones(len(trades), dtype=np.bool_)
    told, left, gone = [np.empty(0, dtype=TRADE)], [np.empty(0, dtype=AMENDMENT)], dict[int, int]()
    for one in np.split(amendments, len(amendments)) if len(amendments) else ():
        own = there & (trades["trade_id"] == one["trade_id"])
        own &= (trades["price"] == one["old_price"]) & (trades["size"] == one["old_size"])
        if not own.any():
            left.append(one)
            continue
        at = int(np.flatnonzero(own)[-1])
        row = trades[at : at + 1]
        gone[row["trade_id"].item()] = row["ts_event"].item()
        row["price"], row["size"], row["ts_recv"] = one["price"], one["size"], one["ts_recv"]
        row["trade_id"] = one["new_id"] if one["size"] else one["trade_id"]
        there[at] = bool(one["size"])
        told.append(row.copy())
    return Amended(trades[there], joined(told), joined(left), gone)


def taken_back(trades: Batch, ts_recv: int) -> Batch:
    """Amendments that take these trades back."""
    found = np.zeros(len(trades), dtype=AMENDMENT)
    for name in ("ts_event", "trade_id", "symbol"):
        found[name] = trades[name]
    found["ts_recv"], found["price"], found["old_price"], found["old_size"] = (
        ts_recv,
        np.nan,
        trades["price"],
        trades["size"],
    )
    return found


def sound_amendments(amendments: Batch, symbols: int) -> Batch:
    """Those of trades with a number and of known symbols that take them back, or give them a price and a size."""
    price, size = amendments["price"], amendments["size"]
    corrects = (price > 0) & (price < np.inf) & (size > 0) & (size < np.inf)
    known = (amendments["trade_id"] != 0) & (amendments["symbol"] >= 0) & (amendments["symbol"] < symbols)
    found: Batch = amendments[known & (corrects | (np.isnan(price) & (size == 0)))]
    return found


def unmended(amendments: Batch, seqs: NDArray[np.int64], known: int = 0, ts_recv: int = 0) -> Batch:
    """MISSED rows of amendments whose trade cannot be put right. When it happened is not known: they stand where their
    venue gave its word. `seqs` are the last numbers of trades by symbol, `known` is when it became known."""
    about = amendments["symbol"].tolist(), amendments["ts_event"].tolist(), amendments["ts_recv"].tolist()
    told = (
        (known or said, ts_recv or came, seqs[symbol], said, said + 1, symbol, _TRADES, AMENDED, IMPOSSIBLE, 0)
        for symbol, said, came in zip(*about, strict=True)
    )
    return rows(MISSED, told)
