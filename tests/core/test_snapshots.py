"""Snapshots: an engine that is put where another was goes on as that one does, to the last bit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import core.winding
from core.engine import Engine
from core.events import BAR, NEVER, SECOND, TIME, TRADE, Batch, Symbols, rows
from core.image import VERSION, Image, put, taken
from core.mark import NEEDED, Mark
from core.records import files
from core.snapshots import Damaged, Snapshots, read, release, snapshots, write
from core.tail import Tail
from indicators import ema, rsi, trade_size
from strategies import crossover, rsi_reversal
from tests.core.journaled import Journaled, plain
from tests.core.test_calls import in_a_row, trouble
from tests.core.troubled import MS, START, TICK, session

NODES = (ema(3), rsi(5), trade_size(3), crossover(3, 8), rsi_reversal(5, 40.0, 60.0))
STREAM = b"0123456789abcdef"
Make = Callable[..., Engine]


@pytest.fixture
def make(kernels: Path) -> Make:
    def made(lookback: int = 60 * SECOND, names: tuple[str, ...] = ("A", "B", "C")) -> Engine:
        return Engine(Symbols(names, source="test"), ("1s", "5s", "1m"), NODES, kernels, lookback=lookback)

    return made


def inputs(seed: int) -> list[Batch]:
    """A troubled session as it is given to an engine."""
    found, now = list[Batch](), START
    for moment, batch in trouble(seed):
        while now + TICK <= moment:
            now += TICK
            found.append(rows(TIME, [(now - 100 * MS, now)]))
        found.append(batch)
    return found + [rows(TIME, [(moment, moment)]) for moment in range(now, START + 130 * SECOND, SECOND)]


def given(engine: Engine, batches: list[Batch]) -> list[Batch]:
    made = list[Batch]()
    for batch in batches:
        made += engine(batch)
        engine.settle()
    return made


def again(engine: Engine, image: Image, folder: Path) -> Engine:
    path = write(folder, image)
    image.let_go()
    put(engine, *read(path))
    return engine


@pytest.mark.parametrize("lookback", [60 * SECOND, 5 * SECOND, 0])
@pytest.mark.parametrize("seed", range(8))
def test_wherever_it_is_taken_nothing_differs_afterwards(make: Make, tmp_path: Path, seed: int, lookback: int) -> None:
    batches, whole, done = inputs(seed), make(lookback), 0
    for cut in sorted(np.random.default_rng(seed).integers(0, len(batches), 3).tolist()):
        given(whole, batches[done:cut])
        done = cut
        other = again(make(lookback), taken(whole, STREAM, cut, 0), tmp_path)
        rest = given(again(make(lookback), taken(whole, STREAM, cut + 1, 0), tmp_path), batches[cut:])
        assert in_a_row(given(other, batches[cut:])) == in_a_row(rest)
    assert in_a_row(given(whole, batches[done:])) == in_a_row(rest)
    for name in ("state", "ticks", "forming", "latest"):
        assert plain(getattr(whole.bank, name)) == plain(getattr(other.bank, name))
    assert whole.numbers().tobytes() == other.numbers().tobytes()


@pytest.mark.parametrize("seed", range(3))
def test_an_engine_goes_on_while_its_image_is_written(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """The tapes forget meanwhile, and their memory is used again: not that which is lent."""
    monkeypatch.setattr("core.tape.PIECE", 64)
    monkeypatch.setattr(core.winding, "_WOUND", 1)
    batches, whole = inputs(seed), make(5 * SECOND)
    for tape in whole.revision.winding.tapes if whole.revision else ():
        tape.piece = 64
    half = len(batches) // 2
    given(whole, batches[:half])
    image = taken(whole, STREAM, 1, 0)
    rest = given(whole, batches[half:])
    assert in_a_row(given(again(make(5 * SECOND), image, tmp_path), batches[half:])) == in_a_row(rest)


def test_it_may_have_more_symbols_than_its_image(make: Make, tmp_path: Path) -> None:
    batches, whole = inputs(1), make()
    half = len(batches) // 2
    given(whole, batches[:half])
    more = again(make(names=("A", "B", "C", "D", "E")), taken(whole, STREAM, 1, 0), tmp_path)
    assert in_a_row(given(more, batches[half:])) == in_a_row(given(whole, batches[half:]))
    fresh = rows(TRADE, [(START + 140 * SECOND, START, 0, 1, 9.0, 1.0, 4, 0)])
    assert [len(each) for each in more(fresh)] == [1]
    assert [each.dtype is BAR for each in more(rows(TIME, [(START + 300 * SECOND, 1)]))].count(True) == 1


def test_what_is_damaged_is_seen(make: Make, tmp_path: Path) -> None:
    whole = make()
    given(whole, inputs(2)[:900])
    path = write(tmp_path, taken(whole, STREAM, 1, 0))
    data, random = path.read_bytes(), np.random.default_rng(1)
    for at in [0, 20, len(data) - 1, *random.integers(0, len(data), 60).tolist()]:
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(Damaged):
            read(path)
    for size in (0, 5, len(data) // 2, len(data) - 8):
        path.write_bytes(data[:size])
        with pytest.raises(Damaged):
            read(path)
    image = taken(whole, STREAM, 1, 0)
    image.head.version = VERSION + 1
    with pytest.raises(Damaged, match=f"is of version {VERSION + 1}; expected {VERSION}"):
        read(write(tmp_path, replace(image, reels=())))


def test_two_are_kept_and_the_journal_behind_them(make: Make, tmp_path: Path) -> None:
    journaled = Journaled(make(), tmp_path, file_bytes=1 << 13)
    journal, mark = journaled.journal, Mark.read(tmp_path)
    assert mark is not None
    keeper = Snapshots(tmp_path, Mark.made(tmp_path, journal.stream, "test", NEEDED))
    positions = []
    for part in np.array_split(np.arange(600), 4):
        for row in session(3)[part]:
            journaled.give(rows(TRADE, [row.item()]))
        journal.write()
        positions.append(journal.position)
        keeper.keep(taken(journaled.engine, journal.stream.bytes, journal.position, journal.total))
        keeper.wait()
    there = journaled.end()
    assert [where for where, _ in snapshots(tmp_path)] == positions[-2:]
    tail = Tail(tmp_path, mark)
    tail.seek(mark.position, mark.total)
    tail.forget()
    kept = [start for start, _ in files(tmp_path)]
    assert kept == [start for start, _ in there if start >= max(s for s, _ in there if s <= positions[-2])]
    assert len(kept) < len(there)
    release(tmp_path)
    tail.forget()
    tail.close()
    assert len(files(tmp_path)) == 1
    needed = Mark.read(tmp_path, NEEDED)
    assert needed is not None
    assert needed.position == NEVER
