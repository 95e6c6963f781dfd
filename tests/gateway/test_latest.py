"""The newest rows of a channel: taken together, they are what they are one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from core.events import TRADE, Batch, rows
from gateway.latest import Latest

ROWS = some.lists(
    some.lists(some.tuples(some.integers(0, 3), some.integers(1, 9)), min_size=1, max_size=6), max_size=90
)


def batches(given: list[list[tuple[int, int]]]) -> list[Batch]:
    """Trades of (symbol, moment), numbered by symbol, as they came."""
    numbers, made = [0] * 4, list[Batch]()
    for part in given:
        batch = np.zeros(len(part), dtype=TRADE)
        for row, (symbol, moment) in zip(batch, part, strict=True):
            numbers[symbol] += 1
            row["symbol"], row["ts_event"], row["seq"], row["price"] = symbol, moment, numbers[symbol], len(made)
        made.append(batch)
    return made


@given(ROWS)
def test_rows_taken_together_are_what_they_are_one_by_one(given: list[list[tuple[int, int]]]) -> None:
    together, single = Latest(TRADE, 4), Latest(TRADE, 4)
    for batch in batches(given):
        together.take(batch, batch["seq"])
        for row in batch:
            single.take_one(row, int(row["seq"]))
    together.settle()
    for name in ("rows", "own", "seq"):
        assert getattr(together, name).tobytes() == getattr(single, name).tobytes()


def test_more_symbols_lose_nothing_that_waits() -> None:
    latest = Latest(TRADE, 1)
    latest.take(rows(TRADE, [(5, 6, 7, 0, 100.0, 1.0, 0, 0)]), np.array([7]))
    grown = latest.grown(3)
    assert (grown.seq.tolist(), grown.rows["ts_event"].tolist()) == ([7, 0, 0], [5, 0, 0])
