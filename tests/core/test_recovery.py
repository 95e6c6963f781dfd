"""Recovery after damage: what can be read is kept, and no number is given twice."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.mark import STORED, Mark
from core.records import FILE_HEADER, files
from core.recovery import Recovered, recovered
from tests.core.damage import HITS, Hit, Numbers, Sample, damage, flipped, reached, sample
from tests.core.made import CATALOGUE


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hits=HITS, marked=some.booleans())
def test_no_number_is_given_twice_whatever_was_damaged(
    copied: Callable[[], Sample], hits: list[Hit], marked: bool
) -> None:
    journal = copied()
    if not marked:
        (journal.folder / "mark").unlink()  # without it, what is zero at the end looks as if it were never written
    for place, length, how in hits:
        journal.damage(place, length, how if marked or how != "zero" else "flipped")
    _is_never_behind(journal, recovered(journal.folder))


def _is_never_behind(journal: Sample, found: Recovered | None) -> None:
    assert found is not None
    for key, last in journal.numbers.items():
        assert found.numbers.get(key, 0) + found.missed >= last, key


def test_without_damage_no_number_is_left_out(copied: Callable[[], Sample]) -> None:
    journal = copied()
    found = recovered(journal.folder)
    assert found is not None
    assert (found.numbers, found.missed) == (journal.numbers, 0)
    assert (found.position, found.total) == (journal.records[-1].end, journal.rows)


def test_a_write_torn_by_a_kill_leaves_no_number_out(tmp_path: Path) -> None:
    journal = sample(tmp_path, file_bytes=1 << 20)
    ((_, path),) = files(journal.folder)
    whole = path.read_bytes()
    for page in range(4096, len(whole), 4096):  # where a kill may end a write
        path.write_bytes(whole[:page] + bytes(9_000))
        (journal.folder / "mark").unlink(missing_ok=True)
        found = recovered(journal.folder)
        assert found is not None
        last = max(each.end for each in journal.records if each.end <= page)
        assert (found.missed, found.position, path.stat().st_size) == (0, last, last)


def test_the_numbers_of_a_journal_whose_only_head_is_damaged_go_on_behind_those_of_the_database(tmp_path: Path) -> None:
    journal = sample(tmp_path, file_bytes=1 << 20)
    half = journal.records[len(journal.records) // 2]
    mark = Mark.read(journal.folder)
    assert mark is not None
    stored, numbers = 0, Numbers()
    for each in journal.batches:
        if each.end <= half.end and each.named is not None:
            stored += each.rows
            reached(each.named, numbers)
    Mark.made(journal.folder, mark.stream, "test", STORED).move(half.end, stored)
    ((_, path),) = files(journal.folder)
    for each in journal.records[:2]:
        damage(journal.folder, each.start, each.start + 8, flipped)
    found = recovered(journal.folder)
    assert found is not None
    assert not found.knows(CATALOGUE)  # so the database is asked
    assert (found.stream, found.total, found.position) == (mark.stream, journal.rows, mark.position)
    assert found.missed > 0
    for key, last in journal.numbers.items():
        assert max(found.numbers.get(key, 0), numbers.get(key, 0)) + found.missed >= last, key
    path.write_bytes(flipped(path.read_bytes()[:FILE_HEADER]) + path.read_bytes()[FILE_HEADER:])
    (journal.folder / "stored").unlink()
    (journal.folder / "mark").unlink()
    lost = recovered(journal.folder)  # nothing says which journal this is of: another begins
    assert lost is not None
    assert (lost.position, lost.total, lost.stream == mark.stream) == (0, 0, False)
    _is_never_behind(journal, lost)
    assert files(journal.folder) == []
    assert [aside.stat().st_size for aside in journal.folder.glob("*.damaged")] == [journal.records[-1].end]
