"""Damage anywhere in a journal: it costs what it hit and what nobody can understand any more, and nothing else."""

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from core.disk import set_aside
from core.events import QUOTE, TRADE
from core.mark import Mark
from core.records import RECORD_HEADER, files, following, next_header, packed, walked
from core.tail import Tail
from tests.core.damage import (
    CATALOGUES,
    HITS,
    Hit,
    Named,
    Sample,
    Writer,
    among,
    damage,
    flipped,
    rows,
    told,
)
from tests.core.made import CATALOGUE, begun, durable, ended, filled, put


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hits=HITS)
def test_what_was_not_hit_is_read_under_its_names_and_the_rest_is_counted(
    copied: Callable[[], Sample], hits: list[Hit]
) -> None:
    journal = copied()
    spans = [span for hit in hits if (span := journal.damage(*hit)) is not None]
    every = [each.named for each in journal.batches if each.named]
    safe = [each.named for each in journal.batches if each.named and not any(each.hit(*span) for span in spans)]
    found, lost = told(journal.folder)
    assert among(safe, found)
    assert among(found, every)
    assert rows(found) + lost.total() <= journal.rows
    again, more = begun(journal.folder.parent), filled(TRADE, 7)
    put(again, more)
    ended(again)
    found, lost = told(journal.folder)
    assert found.pop() == (CATALOGUE, "trades", more.tobytes())
    assert among(safe, found)
    assert among(found, every)
    assert rows(found) + lost.total() == journal.rows
    assert again.total == journal.rows + 7


def test_rows_whose_catalogue_is_lost_are_said_once_and_counted_by_kind(
    copied: Callable[[], Sample], capsys: pytest.CaptureFixture[str]
) -> None:
    journal = copied()
    lost = next(each for each in journal.records[2:] if each.what == "catalogue")
    behind = [each for each in journal.batches if each.explained == (lost.start, lost.end)]
    assert len(behind) > 2
    damage(journal.folder, lost.start + RECORD_HEADER, lost.start + RECORD_HEADER + 1, flipped)
    found, counts = told(journal.folder)
    assert found == [each.named for each in journal.batches if each not in behind]
    assert counts == {each.what: each.rows for each in behind}
    assert capsys.readouterr().out.count("journal_damaged") == 2  # the catalogue, and the rows behind it


def test_a_lost_header_is_said_with_its_place_and_costs_its_own_rows(
    copied: Callable[[], Sample], capsys: pytest.CaptureFixture[str]
) -> None:
    journal = copied()
    lost = journal.batches[7]
    damage(journal.folder, lost.start, lost.start + 1, flipped)
    found, counts = told(journal.folder)
    assert found == [each.named for each in journal.batches if each is not lost]
    assert counts == {"unknown": lost.rows}
    assert f"nothing from {lost.start} to {lost.end} could be read: {lost.rows} rows" in capsys.readouterr().out


def test_what_is_damaged_at_the_end_waits_for_the_rows_that_tell_how_much_it_was(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    for _ in range(3):
        writer.put(TRADE, 9)
    durable(writer.journal)
    mark = Mark.read(writer.journal.folder)
    assert mark is not None
    tail = Tail(writer.journal.folder, mark)
    tail.seek(0, 0)
    damage(writer.journal.folder, mark.position - 9 * TRADE.itemsize - 8, mark.position - 9 * TRADE.itemsize, flipped)
    chunk = tail.read()
    assert chunk is not None
    assert len(chunk.batches) == 2
    assert tail.read() is None
    assert (tail.behind, tail.damaged) == (9 * TRADE.itemsize + RECORD_HEADER, {})
    writer.put(QUOTE, 4)
    durable(writer.journal)
    chunk = tail.read()
    assert chunk is not None
    assert [len(batch) for batch in chunk.batches] == [4]
    assert (tail.behind, tail.damaged, chunk.totals) == (0, {"unknown": 9}, [31])
    tail.close()
    ended(writer.journal)


def test_files_of_earlier_versions_are_given_up_from_damage_to_the_next_catalogue(
    copied: Callable[[], Sample],
) -> None:
    journal = copied()
    _without_generations(journal.folder)
    assert told(journal.folder) == ([each.named for each in journal.batches], {})
    lost = journal.batches[1]
    given_up = [each for each in journal.batches[2:] if each.explained == lost.explained]
    damage(journal.folder, lost.start, lost.start + 1, flipped)
    found, counts = told(journal.folder)
    assert found == [each.named for each in journal.batches if each is not lost and each not in given_up]
    assert given_up
    assert counts.total() == lost.rows + sum(each.rows for each in given_up)


def _without_generations(folder: Path) -> None:
    for start, path in files(folder):
        data = bytearray(path.read_bytes())
        for found, text in list(walked(bytes(data), start)):
            head = packed(found.kind, found.rows, text, found.position, found.total, generation=0)
            data[found.position - start : found.position - start + RECORD_HEADER] = head
        path.write_bytes(data)


def test_a_file_that_could_not_be_read_whole_outlives_what_was_carried(copied: Callable[[], Sample]) -> None:
    journal = copied()
    _, path = files(journal.folder)[0]
    lost = journal.batches[2]
    damage(journal.folder, lost.start, lost.start + 1, flipped)
    data, mark = path.read_bytes(), Mark.read(journal.folder)
    assert mark is not None
    tail = Tail(journal.folder, mark)
    tail.seek(0, 0)
    while tail.read() is not None:
        tail.forget()
    tail.close()
    assert len(files(journal.folder)) == 1
    assert {aside.name: aside.read_bytes() for aside in journal.folder.glob("*.damaged")} == {
        f"{path.name}.damaged": data
    }


def test_a_file_keeps_a_name_of_its_own_wherever_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "1.journal"
    path.write_text("one")
    assert set_aside(path) == set_aside(path) == tmp_path / "1.journal.damaged"
    path.unlink()
    path.write_text("two")  # begun again at the same position
    second = set_aside(path)
    path.unlink()
    path.write_text("three")

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)  # as a file system does where a file has one name
    third = set_aside(path)
    assert (tmp_path / "1.journal.damaged").read_text() == "one"
    assert (second.read_text(), third.read_text()) == ("two", "three")


def test_a_header_is_only_found_where_it_says_it_lies() -> None:
    rows = packed("trades", 0, b"", 8_000, 0)  # as rows a header of elsewhere
    data = bytes(16) + packed("trades", 0, b"", 4_016, 7) + rows
    assert (found := next_header(data, 4_000)) is not None
    assert (found.position, found.total) == (4_016, 7)
    assert next_header(data[24:], 4_024) is None
    (magic,) = struct.unpack_from("<I", rows)
    assert data.count(struct.pack("<I", magic)) == 2


def test_generations_never_come_to_none() -> None:
    assert (following(1), following(65_534), following(65_535)) == (2, 65_535, 1)


def test_many_catalogues_in_one_file_are_each_read_with_their_own(tmp_path: Path) -> None:
    writer, expected = Writer(tmp_path), list[Named]()
    for number in range(50):
        writer.change(CATALOGUES[number % 3])
        writer.change(CATALOGUES[(number + 1) % 3])  # the one before was never written
        writer.put(TRADE, 3)
    expected += writer.named
    ended(writer.journal)
    ((start, path),) = files(writer.journal.folder)
    catalogues = [found for found, _ in walked(path.read_bytes(), start) if found.kind == "catalogue"]
    assert [each.generation for each in catalogues] == list(range(1, 52))
    assert told(writer.journal.folder) == (expected, {})
