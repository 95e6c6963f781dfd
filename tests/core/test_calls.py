"""Calls: what a journal gives again is what its engine was given, call for call."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.calls import Call, End, Head, Names, calls
from core.engine import Engine
from core.events import QUOTE, SECOND, TIME, TRADE, Batch, Symbols, kind, rows
from core.journal import Journal
from core.mark import Mark
from core.records import files
from core.recovery import recovered
from core.tail import Tail
from indicators import ema, mid, trade_size
from strategies import crossover
from tests.core.journaled import Journaled, plain
from tests.core.made import CATALOGUE, durable, ended, filled, no_numbers, put
from tests.core.troubled import (
    MS,
    START,
    Cut,
    changed,
    changes,
    late,
    one_by_one,
    session,
    twice,
)

NODES = (ema(3), trade_size(3), crossover(3, 8))


@pytest.fixture
def make(kernels: Path) -> Callable[..., Engine]:
    def made(symbols: Symbols | None = None, lookback: int = 60 * SECOND) -> Engine:
        named = symbols or Symbols(("A", "B", "C"), source="test")
        return Engine(named, ("1s", "5s"), NODES, kernels, lookback=lookback)

    return made


def trouble(seed: int) -> list[tuple[int, Batch]]:
    """A session with late trades, repeated ones, amendments and a gap that is filled."""
    trades, random = session(seed), np.random.default_rng(3000 + seed)
    made = changes(trades, random, 0.05, 4 * SECOND)
    arrivals = twice(late(one_by_one(trades), random, 0.03, 8 * SECOND), random, 0.03, 4 * SECOND)
    arrivals = sorted([*arrivals, *made], key=lambda each: each[0])
    start = START + int(random.integers(5, 60)) * SECOND
    end, after = start + int(random.integers(100, 15_000)) * MS, int(random.integers(0, 5_000)) * MS
    return Cut(arrivals, start, end, changed(trades, made, end + after), after).arrivals


def again(engine: Engine, there: list[tuple[int, Path]]) -> tuple[list[Batch], list[Call]]:
    """What an engine gives that is given what a journal says, and the calls."""
    made, found = list[Batch](), list[Call]()
    for each in calls(there):
        if isinstance(each, Names):
            for name in each.catalogue.symbols:
                engine.symbols.id(name)
        if isinstance(each, Call):
            found.append(each)
            made += engine(each.given) if each.given is not None else ()
            engine.settle()
    return made, found


def in_a_row(batches: list[Batch]) -> dict[str, bytes]:
    kinds = {kind(batch) for batch in batches}
    return {what: b"".join(each.tobytes() for each in batches if kind(each) == what) for what in kinds}


@pytest.mark.parametrize("lookback", [60 * SECOND, 5 * SECOND, 0])
@pytest.mark.parametrize("seed", range(6))
def test_an_engine_given_it_again_is_in_the_same_state(
    make: Callable[..., Engine], tmp_path: Path, seed: int, lookback: int
) -> None:
    first, second = make(lookback=lookback), make(lookback=lookback)
    journaled = Journaled(first, tmp_path)
    journaled.play(trouble(seed), 110)
    made, found = again(second, journaled.end())
    assert in_a_row(made) == in_a_row(journaled.made)
    assert in_a_row([batch for call in found for batch in call.made]) == in_a_row(journaled.made)
    for name in ("state", "ticks", "forming", "lane"):
        assert plain(getattr(first.bank, name)) == plain(getattr(second.bank, name))
    if first.revision and second.revision:
        for one, two in zip(first.revision._reels, second.revision._reels, strict=True):
            assert [(each.at, each.places) for each in one.checkpoints] == [
                (each.at, each.places) for each in two.checkpoints
            ]


def test_calls_are_as_many_as_there_were_whatever_came_of_them(make: Callable[..., Engine], tmp_path: Path) -> None:
    journaled, trades = Journaled(make(), tmp_path), session(1)
    refused = rows(TRADE, [(START, START, 0, 9, -1.0, 1.0, 0, 0)])
    given = [trades[:5], refused, rows(TIME, [(START - SECOND, START)]), refused, trades[5:6], trades[5:6], trades[6:8]]
    for batch in given:
        journaled.give(batch)
    _, found = again(make(), journaled.end())
    counts = [0 if each.given is None else len(each.given) for each in found]
    assert counts == [5, 0, 1, 0, 1, 0, 2]
    assert [kind(each.given) for each in found if each.given is not None] == ["trades", "time", "trades", "trades"]


def test_trades_are_told_from_those_a_history_adds(make: Callable[..., Engine], tmp_path: Path) -> None:
    trades = session(3)
    cut = Cut(one_by_one(trades), START + 23 * SECOND, START + 41 * SECOND, trades, 2 * SECOND)
    journaled = Journaled(make(), tmp_path)
    journaled.play(cut.arrivals, 110)
    _, found = again(make(), journaled.end())
    given = [each.given for each in found if each.given is not None and each.given.dtype is TRADE]
    told = [batch for each in found for batch in each.made if batch.dtype is TRADE]
    assert sum(map(len, given)) < sum(map(len, told)) == len(trades)


def test_symbols_and_quotes_come_where_they_came(kernels: Path, tmp_path: Path) -> None:
    def engine() -> Engine:
        return Engine(Symbols(source="test", grows=True), ("1s",), (*NODES, mid()), kernels)

    first = engine()
    journaled, trades = Journaled(first, tmp_path), session(2)
    quotes = filled(QUOTE, 9)
    quotes["ts_event"] = quotes["ts_recv"] = START + np.arange(9)
    for at, name in ((0, "A"), (30, "B"), (60, "C")):
        first.symbols.add(name)
        journaled.give(rows(TIME, [(START + at, START)]))
        journaled.give(quotes)
        for row in trades[at : at + 30]:
            journaled.give(rows(TRADE, [row.item()]))
    made, _ = again(engine(), journaled.end())
    assert in_a_row(made) == in_a_row(journaled.made)


def test_inputs_are_no_rows_to_anybody_else(make: Callable[..., Engine], tmp_path: Path) -> None:
    journaled = Journaled(make(), tmp_path)
    journaled.play(trouble(4), 110)
    journaled.end()
    journal, mark = journaled.journal, Mark.read(tmp_path)
    assert journal.total == sum(journal.written.values()) == sum(map(len, journaled.made))
    assert mark is not None
    tail, read = Tail(tmp_path, mark), list[Batch]()
    tail.seek(0, 0)
    while (chunk := tail.read(4_000)) is not None:
        read += chunk.batches
    tail.close()
    assert (tail.total, tail.damaged.total()) == (journal.total, 0)
    assert in_a_row(read) == in_a_row(journaled.made)
    left = recovered(tmp_path)
    assert left is not None
    assert (left.total, left.missed) == (journal.total, 0)


def test_where_rows_were_dropped_the_calls_end(tmp_path: Path) -> None:
    journal = Journal(tmp_path, file_bytes=1 << 14, limit_bytes=1 << 16)
    journal.recover()
    journal.start(CATALOGUE, no_numbers)
    while not journal.dropped:
        journal.given(batch := filled(TRADE, 60))
        put(journal, batch)
    durable(journal)
    kept = journal.written["trades"]
    for _, path in files(tmp_path)[1:-1]:
        path.unlink()
    journal._look()
    journal.oldest = journal.position  # as if the store had carried all
    journal.given(batch := filled(TRADE, 60))
    put(journal, batch)
    ended(journal)
    assert journal.written["trades"] == kept + 60
    *_, last = calls(files(tmp_path)[-2:])
    assert isinstance(last, End)
    assert "were dropped" in last.reason


def test_where_a_file_is_lacking_or_damaged_the_calls_end(make: Callable[..., Engine], tmp_path: Path) -> None:
    journaled = Journaled(make(), tmp_path)
    journaled.play(trouble(5), 110)
    there = journaled.end()
    assert len(there) > 3
    *_, last = calls([*there[:1], *there[2:]])
    assert isinstance(last, End)
    assert f"to {there[2][0]} is there" in last.reason
    whole = [each for each in calls(there) if isinstance(each, Call)]
    data = bytearray(there[1][1].read_bytes())
    data[len(data) // 2] ^= 1
    there[1][1].write_bytes(data)
    *before, last = calls(there)
    assert isinstance(last, End)
    assert "is damaged" in last.reason
    found = [each for each in before if isinstance(each, Call)]
    assert 0 < len(found) < len(whole)
    assert [each.position for each in found] == [each.position for each in whole[: len(found)]]


def test_a_head_says_of_what_engine_its_rows_are(make: Callable[..., Engine], tmp_path: Path) -> None:
    engine = make()
    journaled = Journaled(engine, tmp_path)
    journaled.play(trouble(6), 110)
    heads = [each for each in calls(journaled.end()) if isinstance(each, Head)]
    assert len(heads) > 3
    assert {each.recipe.kernel for each in heads if each.recipe} == {engine.bank.name}
    assert {each.recipe.began for each in heads if each.recipe} == {0}
    assert heads[0].recipe is not None
    assert heads[0].recipe.nodes.strategies == ("crossover(3, 8)",)
