"""The tape: whatever is added, replaced and forgotten, it holds what plain lists would."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from core.events import TRADE, Batch
from core.tape import PIECE, Tape, by_symbol

SYMBOLS = 3
STEPS = some.lists(
    some.tuples(
        some.sampled_from(["add", "add", "add", "replace", "forget"]),
        some.integers(0, SYMBOLS - 1),
        some.integers(0, 60),
    ),
    max_size=200,
)


def trades(ids: Sequence[int], symbols: Sequence[int] | int = 0) -> Batch:
    found = np.zeros(len(ids), dtype=TRADE)
    found["trade_id"] = found["ts_event"] = ids
    found["symbol"] = symbols
    return found


@settings(max_examples=60, deadline=None)
@given(STEPS, some.integers(0, 1 << 30))
def test_a_tape_is_a_list_a_symbol_that_forgets_its_begin(steps: list[tuple[str, int, int]], seed: int) -> None:
    random, number = np.random.default_rng(seed), 1
    tape, plain, begin = Tape(TRADE, piece=16), [list[int]() for _ in range(SYMBOLS)], [0] * SYMBOLS
    tape.grow(SYMBOLS)
    for what, symbol, size in steps:
        own, rows = plain[symbol], list(range(number, number + size))
        place = min(begin[symbol] + size, len(own))
        number += size
        if what == "add":
            symbols = random.integers(0, SYMBOLS, size).tolist()
            tape.add(trades(rows, symbols))
            for each, row in zip(symbols, rows, strict=True):
                plain[each].append(row)
        elif what == "replace":
            tape.replace(symbol, place, trades(rows, symbol))
            own[place:] = rows
        else:
            tape.forget(symbol, place)
            begin[symbol] = place
        found = tape.since(symbol, place)
        assert found["trade_id"].tolist() == own[place:]
        assert found.dtype is TRADE
    assert [tape.end(symbol) for symbol in range(SYMBOLS)] == list(map(len, plain))
    assert len(tape) == sum(map(len, plain)) - sum(begin)
    for symbol in range(SYMBOLS):
        assert tape.since(symbol, 0)["trade_id"].tolist() == plain[symbol][begin[symbol] :]


def test_a_tape_lets_go_of_its_pieces_and_uses_them_again() -> None:
    tape, number = Tape(TRADE), 0
    tape.grow(SYMBOLS)
    for _ in range(50):
        tape.add(trades(range(number, number + 1000), [0, 1] * 500))
        tape.add(trades([number], 2))
        number += 1000
        for symbol in (0, 1):
            tape.forget(symbol, tape.end(symbol) - 2000)
        tape.forget(2, tape.end(2) - 3)
    assert len(tape) == 4003
    assert len(tape._pieces) <= 2 + 6000 // PIECE
    assert tape.since(0, 0)["trade_id"].tolist() == list(range(number - 4000, number, 2))
    assert tape.since(1, tape.end(1) - 1)["trade_id"].tolist() == [number - 1]


@given(some.lists(some.integers(0, 4), max_size=40))
def test_rows_are_parted_by_symbol_in_their_order(symbols: list[int]) -> None:
    batch = trades(range(len(symbols)), symbols)
    parts = list(by_symbol(batch))
    assert [symbol for symbol, _ in parts] == sorted(set(symbols))
    for symbol, rows in parts:
        assert rows["trade_id"].tolist() == [place for place, each in enumerate(symbols) if each == symbol]
