"""A made-up session of trades, and what may befall it on its way."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.engine import Engine
from core.events import (
    AMENDMENT,
    DISCONNECTED,
    DONE,
    HISTORY,
    IMPOSSIBLE,
    MISSED,
    NEVER,
    PENDING,
    SECOND,
    TIME,
    TRADE,
    Batch,
    rows,
)
from tests.core.seen import Seen

START = 1_700_000_000 * SECOND
TICK = SECOND // 20
MS = 1_000_000


def session(seed: int, seconds: int = 100, symbols: int = 3) -> Batch:
    """Trades in order, some of one moment; numbers rise by one a symbol."""
    random = np.random.default_rng(seed)
    found = np.zeros(seconds * 12, dtype=TRADE)
    found["ts_event"] = START + np.sort(random.integers(0, seconds * 1000, len(found))) * MS
    found["symbol"] = random.integers(0, symbols, len(found))
    found["price"] = 100 + random.normal(0, 0.3, len(found)).cumsum()
    found["size"] = random.integers(1, 500, len(found)) / 7
    for symbol in range(symbols):
        own = found["symbol"] == symbol
        found["trade_id"][own] = np.arange(1, own.sum() + 1)
    found["ts_recv"] = found["ts_event"]
    return found


def played(engine: Engine, arrivals: Sequence[tuple[int, Batch]], out: list[Batch] | None = None) -> Seen:
    """Batches at the venue's moments, the venue's clock in between as a feed has it."""
    seen, now = Seen(), START

    def give(batch: Batch) -> None:
        made = engine(batch)
        seen.hear(made)
        if out is not None:
            out.extend(made)

    for moment, batch in arrivals:
        while now + TICK <= moment:
            now += TICK
            give(rows(TIME, [(now - 100 * MS, now)]))
            engine.settle()
        give(batch)
    for moment in range(now, START + 200 * SECOND, SECOND):
        give(rows(TIME, [(moment, moment)]))
        engine.settle()
    return seen


def one_by_one(trades: Batch) -> list[tuple[int, Batch]]:
    return [(int(trades["ts_event"][i]), trades[i : i + 1]) for i in range(len(trades))]


def gap(start: int, end: int, backfill: int = PENDING, symbols: Sequence[int] = (0, 1, 2)) -> Batch:
    return rows(MISSED, [(end, end, 0, start, end, each, 0, DISCONNECTED, backfill, 0) for each in symbols])


def begun(start: int) -> Batch:
    return rows(MISSED, [(start, start, 0, start, NEVER, each, 0, DISCONNECTED, PENDING, 0) for each in (0, 1, 2)])


class Cut:
    """A connection that is lost for a while, and a history that fills the hole after a while, or does not."""

    def __init__(
        self, arrivals: list[tuple[int, Batch]], start: int, end: int, history: Batch | None, after: int = 0
    ) -> None:
        self.span = start - 100 * MS, end + 100 * MS
        inside = [(moment, batch) for moment, batch in arrivals if moment < start]
        behind = [(moment, batch) for moment, batch in arrivals if moment >= end]
        told = [(end + after, gap(*self.span, IMPOSSIBLE if history is None else DONE))]
        if history is not None:
            ts = history["ts_event"]
            asked = history[(ts >= self.span[0] - 10 * SECOND) & (ts < self.span[1])]
            told.insert(0, (end + after, asked.view(HISTORY)))
        lost = [(start, rows(TIME, [(self.span[0], start)])), (start, begun(self.span[0])), (end, gap(*self.span))]
        self.arrivals = inside + lost + sorted([*behind, *told], key=lambda each: each[0])


def late(arrivals: list[tuple[int, Batch]], random: np.random.Generator, rate: float, most: int) -> list[Any]:
    """Some come later, at most by so much."""
    moved = []
    for moment, batch in arrivals:
        by = int(random.integers(1, most)) if batch.dtype is TRADE and random.random() < rate else 0
        moved.append((moment + by, batch))
    return sorted(moved, key=lambda each: each[0])


def twice(arrivals: list[tuple[int, Batch]], random: np.random.Generator, rate: float, most: int) -> list[Any]:
    again = [
        (moment + int(random.integers(0, most)), batch)
        for moment, batch in arrivals
        if batch.dtype is TRADE and random.random() < rate
    ]
    return sorted([*arrivals, *again], key=lambda each: each[0])


Changes = list[tuple[int, Batch]]


def changes(trades: Batch, random: np.random.Generator, rate: float, most: int) -> Changes:
    """Some trades are taken back or corrected, at most so much later; of the corrected ones some again."""
    found = []
    for ts_event, _, _, number, price, size, symbol, _ in trades.tolist():
        moment, now = ts_event, (number, price, size)
        while now[2] and random.random() < rate:
            moment, before = moment + int(random.integers(1, most)), now
            now = (0, np.nan, 0.0)
            if random.random() < 0.5:
                now = (before[0] + 1_000_000, round(before[1] * 1.02, 4), before[2] + 1)
            found.append((moment, rows(AMENDMENT, [(moment, moment, 0, before[0], *now, *before[1:], symbol)])))
    return sorted(found, key=lambda each: each[0])


def changed(trades: Batch, made: Changes, until: int = NEVER) -> Batch:
    """The trades with the changes that were made by a moment; those that are no more have neither price nor size."""
    there = {(row["symbol"].item(), row["trade_id"].item()): row.copy() for row in trades}
    for _, change in [each for each in made if each[0] <= until]:
        ((_, _, _, number, new, price, size, *_, symbol),) = change.tolist()
        old = there[symbol, number]
        if size:
            there[symbol, new] = old.copy()
            for name, value in (("trade_id", new), ("price", price), ("size", size)):
                there[symbol, new][name] = value
        old["price"], old["size"] = np.nan, 0.0
    found = np.array(list(there.values()), dtype=trades.dtype)
    return found.take(np.lexsort((found["trade_id"], found["ts_event"])))


def standing(trades: Batch, made: Changes) -> Batch:
    """What is left in the end."""
    found = changed(trades, made)
    left: Batch = found[found["size"] > 0].astype(TRADE)
    return left
