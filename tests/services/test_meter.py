"""What the meter says is what a plain count says, whenever somebody looks."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from core.events import BAR, SECOND, SIGNAL, TRADE, Batch
from services.meter import Meter

NAMES = ["A", "B", "C"]
BATCHES = some.lists(
    some.tuples(
        some.sampled_from([TRADE, BAR, SIGNAL]),
        some.lists(some.tuples(some.integers(0, 2), some.integers(1, 4)), min_size=1, max_size=4),
        some.booleans(),
    ),
    max_size=60,
)


def made(dtype: np.dtype[np.void], given: list[tuple[int, int]], number: int) -> Batch:
    batch = np.zeros(len(given), dtype=dtype)
    batch["symbol"] = [symbol for symbol, _ in given]
    batch["ts_event"] = [10 * SECOND + moment for _, moment in given]
    if dtype is TRADE:
        batch["price"] = number + np.arange(len(given)) / 10
    return batch


@given(BATCHES)
def test_the_figures_are_those_of_a_plain_count(
    given: list[tuple[np.dtype[np.void], list[tuple[int, int]], bool]],
) -> None:
    meter, counts, last = Meter(), Counter[tuple[str, str]](), dict.fromkeys(NAMES, 0.0)
    for number, (dtype, rows, looked) in enumerate(given):
        batch = made(dtype, rows, number)
        meter.put(batch)
        for row in batch:
            name = NAMES[row["symbol"]]
            counts[{TRADE: "trades", BAR: "bars"}.get(dtype, "signals"), name] += 1
            last[name] = float(row["price"]) if dtype is TRADE else last[name]
        if looked:
            meter.busiest(NAMES)
    for line in meter.busiest(NAMES):
        name = line["symbol"]
        found = {what: line[what] for what in ("trades", "bars", "signals")}
        assert found == {what: counts[what, name] for what in found}
        assert line["last"] == last[name]
    assert meter.signal_latency.count == sum(count for (what, _), count in counts.items() if what == "signals")
    assert meter.rows.total() == counts.total()


def test_trades_of_a_filled_gap_are_counted_and_are_nobodys_last_price() -> None:
    meter = Meter()
    meter.put(made(TRADE, [(0, 2)], 100))
    meter.busiest(NAMES)
    older = made(TRADE, [(0, 1)], 5)
    older["ts_event"] -= 2 * SECOND
    meter.put(older)
    (line,) = [line for line in meter.busiest(NAMES) if line["symbol"] == "A"]
    assert (line["last"], line["trades"]) == (100.0, 2)
