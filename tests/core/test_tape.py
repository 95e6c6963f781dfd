"""The tape: whatever is added, replaced and forgotten, it holds what a plain list would."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from core.events import TRADE, Batch
from core.tape import Strip, by_symbol

STEPS = some.lists(
    some.tuples(some.sampled_from(["add", "add", "add", "replace", "forget", "since"]), some.integers(0, 60)),
    max_size=200,
)


def trades(ids: Sequence[int]) -> Batch:
    found = np.zeros(len(ids), dtype=TRADE)
    found["trade_id"] = found["ts_event"] = ids
    return found


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_a_strip_is_a_list_that_forgets_its_begin(steps: list[tuple[str, int]]) -> None:
    strip, plain, begin, number = Strip(TRADE), list[int](), 0, 1
    for what, size in steps:
        rows = list(range(number, number + size))
        place = min(begin + size, len(plain))
        number += size
        if what == "add":
            strip.add(trades(rows))
            plain += rows
        elif what == "replace":
            strip.replace(place, trades(rows))
            plain[place:] = rows
        elif what == "forget":
            strip.forget(place)
            begin = place
        found = strip.since(place)
        assert found["trade_id"].tolist() == plain[max(place, begin) :]
        assert found.dtype is TRADE
        assert (strip.end, len(strip)) == (len(plain), len(plain) - begin)
    held = plain[begin:]
    assert all(strip.holds(each, each) for each in held)
    assert not strip.holds(number + 1, number + 1)
    assert not any(strip.holds(each, each) for each in set(plain[:begin]) - set(held))


@given(some.lists(some.integers(0, 4), max_size=40))
def test_rows_are_parted_by_symbol_in_their_order(symbols: list[int]) -> None:
    batch = trades(range(len(symbols)))
    batch["symbol"] = symbols
    parts = list(by_symbol(batch))
    assert [symbol for symbol, _ in parts] == sorted(set(symbols))
    for symbol, rows in parts:
        assert rows["trade_id"].tolist() == [place for place, each in enumerate(symbols) if each == symbol]
