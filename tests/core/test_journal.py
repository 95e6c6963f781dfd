"""The journal: what was appended is read back, whatever was torn, flipped, full or killed in between."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.engine import Engine
from core.errors import BadInput, Unavailable
from core.events import BAR, SIGNAL, TRADE, Batch, Symbols
from core.journal import Journal
from core.mark import Mark
from core.records import files, walked
from core.recovery import recovered
from core.tail import Tail
from indicators import ema
from strategies import crossover
from tests.core.made import CATALOGUE, EVERY, begun, durable, ended, filled, put
from tests.core.reading import chunks, equal, read, written

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / CATALOGUE.source


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=some.lists(some.integers(0, 300), max_size=40), together=some.integers(1, 6), file_kb=some.integers(1, 64))
def test_what_goes_in_comes_out_in_order_whatever_the_files(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], together: int, file_kb: int
) -> None:
    root = tmp_path_factory.mktemp("journal")
    batches = [filled(EVERY[i % len(EVERY)], size, seed=i) for i, size in enumerate(sizes)]
    journal = begun(root, file_bytes=file_kb << 10)
    for i in range(0, len(batches), together):
        put(journal, *batches[i : i + together])
    ended(journal)
    assert equal(read(root / CATALOGUE.source), batches)
    assert journal.written == journal.put_rows
    assert journal.total == sum(sizes)


def test_a_reader_may_begin_anywhere_and_follows_into_new_files(tmp_path: Path, folder: Path) -> None:
    batches = written(tmp_path, 60, file_bytes=1 << 13)
    assert len(files(folder)) > 3
    mark = Mark.read(folder)
    assert mark is not None
    tail = Tail(folder, mark)
    tail.seek(0)
    ends = []
    while (chunk := tail.read(1)) is not None:
        ends += chunk.ends
    assert len(ends) == 60
    for skipped in (0, 1, 29, 58, 59):
        tail.seek(ends[skipped])
        rest = []
        while (chunk := tail.read(999)) is not None:
            rest += chunk.batches
        assert equal(rest, batches[skipped + 1 :])
    tail.close()


def test_a_file_that_is_named_after_the_reader_looked_is_read_from_its_middle(tmp_path: Path, folder: Path) -> None:
    batches = written(tmp_path, 12)
    ((start, path),) = files(folder)
    ends = [each.end for each, _ in walked(path.read_bytes(), start)]
    mark = Mark.read(folder)
    assert mark is not None
    tail = Tail(folder, mark)
    path.rename(folder / "0.partial")
    tail.seek(ends[6])  # behind the head of the file and five batches
    assert tail.read() is None
    (folder / "0.partial").rename(path)
    chunk = tail.read()
    tail.close()
    assert chunk is not None
    assert equal(chunk.batches, batches[5:])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=some.floats(0, 1))
def test_a_torn_end_is_cut_and_the_good_prefix_kept(tmp_path_factory: pytest.TempPathFactory, cut: float) -> None:
    root = tmp_path_factory.mktemp("torn")
    folder, batches = root / CATALOGUE.source, written(root, 12)
    ((_, path),) = files(folder)
    ends = [each.end for each, _ in walked(path.read_bytes(), 0)]
    first = ends[1]  # behind the head of the file
    size = first + int(cut * (path.stat().st_size - first))
    os.truncate(path, size)
    (folder / "mark").unlink()
    found = recovered(folder)
    whole = [end for end in ends[2:] if end <= size]
    assert found is not None
    assert found.position == (whole[-1] if whole else first)
    journal = begun(root)
    put(journal, batches[0])
    ended(journal)
    assert equal(read(folder), [*batches[: len(whole)], batches[0]])


def test_numbers_go_on_after_any_end(tmp_path: Path, kernels: Path, make_trades: Callable[..., Batch]) -> None:
    def engine() -> Engine:
        return Engine(Symbols(("A", "B", "C"), source="test"), ("1s", "1m"), (ema(3), crossover(2, 5)), kernels)

    trades = make_trades(5_000, symbols=3, seconds=600)
    running = engine()
    journal = Journal(tmp_path, file_bytes=1 << 17)
    assert journal.recover() is None
    journal.start(running.catalogue, running.numbers)
    for part in np.array_split(trades, 50):
        put(journal, *running(part))
    ended(journal)
    assert len(files(tmp_path)) > 3
    found = recovered(tmp_path)
    assert found is not None
    assert found.knows(running.catalogue)
    assert not found.knows(replace(running.catalogue, symbols=("A", "D")))
    again = engine()
    again.resume(found.numbers)
    assert again.numbers().tolist() == running.numbers().tolist()
    assert {channel.partition(".")[0] for channel, _ in found.numbers} == {"trades", "bars", "signals"}


def test_two_processes_cannot_write_one_journal(tmp_path: Path, folder: Path) -> None:
    journal = begun(tmp_path)
    with pytest.raises(BadInput, match="another process writes the journal"):
        Journal(folder).recover()
    ended(journal)


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot keep a journal in"):
        Journal(tmp_path / "file" / "below").recover()


def test_a_full_journal_drops_and_counts_until_rows_are_carried_away(tmp_path: Path, folder: Path) -> None:
    journal = begun(tmp_path, file_bytes=1 << 14, limit_bytes=1 << 16)
    for number in range(100):
        put(journal, filled(TRADE, 60, first=1 + 20 * number))
    assert journal.dropped["trades"] > 0
    assert journal.written + journal.dropped == journal.put_rows
    kept = journal.written["trades"]
    durable(journal)
    for _, path in files(folder)[:-1]:  # as the store does
        path.unlink()
    journal._look()
    put(journal, filled(TRADE, 60))
    assert journal.written["trades"] == kept + 60
    ended(journal)


def test_new_names_wait_for_the_first_rows_there_is_room_for(tmp_path: Path, folder: Path) -> None:
    journal = begun(tmp_path, replace(CATALOGUE, symbols=("AAPL",)), file_bytes=1 << 14, limit_bytes=1 << 16)
    while not journal.dropped:
        put(journal, filled(TRADE, 60, symbols=1))
    journal.extend(CATALOGUE)
    put(journal, filled(TRADE, 60))
    durable(journal)
    for _, path in files(folder)[:-1]:
        path.unlink()
    journal._look()
    put(journal, filled(TRADE, 9))
    ended(journal)
    last = chunks(folder)[-1]
    assert last.catalogue == CATALOGUE
    assert [len(batch) for batch in last.batches] == [9]


def test_catalogues_that_grow_explain_the_rows_behind_them(tmp_path: Path, folder: Path) -> None:
    journal = begun(tmp_path, replace(CATALOGUE, symbols=("AAPL",)))
    put(journal, filled(SIGNAL, 4, symbols=1))
    journal.extend(CATALOGUE)
    put(journal, filled(BAR, 9))
    ended(journal)
    first, second = chunks(folder)
    assert (first.catalogue.symbols, len(first.batches)) == (("AAPL",), 1)
    assert (second.catalogue, len(second.batches)) == (CATALOGUE, 1)


def test_rows_that_are_no_longer_there_are_said(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batches = written(tmp_path, 60, file_bytes=1 << 13)
    (_, first), *rest = files(folder)
    gone = sum(1 for _ in walked(first.read_bytes(), 0)) - 2
    first.unlink()
    assert len(rest) > 2
    assert equal(read(folder), batches[gone:])
    assert "journal_hole" in capsys.readouterr().out
