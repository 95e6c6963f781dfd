"""Resuming: which snapshot is used, what is said of others, and that a restart is no restart, to the last bit."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.calls import Call, calls
from core.engine import Engine
from core.events import SECOND, Batch, Symbols, joined, kind
from core.image import taken
from core.node import Node
from core.records import files, walked
from core.recovery import recovered
from core.snapshots import snapshots, write
from indicators import ema, rsi, trade_size
from services.resuming import Differs, Left, Warm, begun, gone_on, warmed
from services.trading.parity import checked
from strategies import crossover, rsi_reversal
from tests.core.journaled import Journaled, plain
from tests.core.test_calls import in_a_row
from tests.core.test_snapshots import inputs

NODES = (ema(3), rsi(5), trade_size(3), crossover(3, 8), rsi_reversal(5, 40.0, 60.0))
Make = Callable[..., Engine]


@pytest.fixture
def make(kernels: Path) -> Make:
    def made(*nodes: Node, lookback: int = 60 * SECOND, names: tuple[str, ...] = ("A", "B", "C")) -> Engine:
        return Engine(Symbols(names, source="test"), ("1s", "5s"), nodes or NODES, kernels, lookback=lookback)

    return made


def kept(journaled: Journaled) -> Path:
    """A snapshot as the market process takes it."""
    journal = journaled.journal
    journal.write()
    image = taken(journaled.engine, journal.stream.bytes, journal.position, journal.total)
    image.let_go()
    return write(journaled.folder, image)


def resumed(engine: Engine, folder: Path) -> Warm | None:
    found = recovered(folder)
    assert found is not None
    return warmed(engine, folder, found)


def half(make: Make, folder: Path, seed: int = 1, lookback: int = 60 * SECOND) -> tuple[Journaled, list[Batch]]:
    """Half a session, a snapshot in the middle of it, and what is left."""
    batches = inputs(seed)
    journaled, chance = Journaled(make(lookback=lookback), folder), np.random.default_rng(seed)
    cut = int(chance.integers(500, len(batches)))
    at = int(chance.integers(0, cut))
    for number, batch in enumerate(batches[:cut]):
        journaled.give(batch)
        if number == at:
            kept(journaled)
    return journaled, batches[cut:]


@pytest.mark.parametrize("lookback", [60 * SECOND, 5 * SECOND])
@pytest.mark.parametrize("seed", range(12))
def test_a_restart_is_no_restart(make: Make, tmp_path: Path, seed: int, lookback: int) -> None:
    journaled, rest = half(make, tmp_path, seed, lookback)
    journaled.journal.write()
    engine = make(lookback=lookback)
    journaled.end()
    warm = resumed(engine, tmp_path)
    assert warm is not None
    assert warm.rest == []
    whole = [each for batch in rest for each in _settled(journaled.engine, batch)]
    again = [each for batch in rest for each in _settled(engine, batch)]
    assert in_a_row(whole) == in_a_row(again)
    for name in ("state", "ticks", "forming", "latest"):
        assert plain(getattr(engine.bank, name)) == plain(getattr(journaled.engine.bank, name))


def _settled(engine: Engine, batch: Batch) -> tuple[Batch, ...]:
    made = engine(batch)
    engine.settle()
    return made


def test_two_runs_of_a_session_are_one_to_parity(make: Make, tmp_path: Path, kernels: Path) -> None:
    journaled, rest = half(make, tmp_path, 3)
    journaled.end()
    engine = make()
    assert resumed(engine, tmp_path) is not None
    second = Journaled(engine, tmp_path, begun=lambda at: begun(engine, at, Left(None, {}, 0), warm=True))
    for batch in rest:
        second.give(batch)
    found = checked(calls(second.end()), kernels)
    assert found.identical
    assert (len(found.runs), found.unchecked) == (1, [])
    assert found.runs[0].standing["values"].recorded > 100


def test_a_session_whose_begin_is_gone_is_compared_from_a_snapshot_on(
    make: Make, tmp_path: Path, kernels: Path
) -> None:
    journaled, batches = Journaled(make(), tmp_path, file_bytes=1 << 14), inputs(4)
    for number, batch in enumerate(batches):
        journaled.give(batch)
        if number == len(batches) // 2:
            path = kept(journaled)
    there = journaled.end()
    later = [each for each in there if each[0] >= max(s for s, _ in there if s <= int(path.stem))]
    assert 1 < len(later) < len(there)
    found = checked(calls(later), kernels, kept=snapshots(tmp_path))
    assert found.identical
    assert found.counts["rows unchecked"] > 0
    assert found.kinds["revised_bars"].recorded > 10
    assert any("begun with the snapshot" in each for each in found.unchecked)


def test_what_a_kill_tore_off_a_call_is_made_up_for(make: Make, tmp_path: Path) -> None:
    journaled, _ = half(make, tmp_path, 5)
    there = journaled.end()
    start, path = there[-1]
    data = path.read_bytes()
    *_, (found, _) = [each for each in walked(data, start) if each[0].more]
    cut = found.position - start
    lost = [each for each, _ in walked(data[cut - 64 :], found.position - 64)]
    os.truncate(path, cut)
    (tmp_path / "mark").unlink()
    warm = resumed(make(), tmp_path)
    assert warm is not None
    ends = [each for each in calls(files(tmp_path)) if isinstance(each, Call)]
    assert sum(map(len, warm.rest)) == found.rows
    assert {kind(batch) for batch in warm.rest} == {found.kind}
    assert len(lost) >= 1
    assert len(ends) > 100


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("nodes", "of other nodes or another version"),
        ("symbols", "of other symbols"),
        ("journal", "of another journal"),
        ("damaged", "is damaged"),
        ("tail", "cannot be given again"),
    ],
)
def test_a_snapshot_that_does_not_fit_is_said_and_not_used(
    make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str, said: str
) -> None:
    journaled, _ = half(make, tmp_path, 6)
    there = journaled.end()
    found, ((_, path),) = recovered(tmp_path), snapshots(tmp_path)
    assert found is not None
    engine = make(ema(4)) if how == "nodes" else make(names=("B", "A", "C")) if how == "symbols" else make()
    if how == "journal":
        found.stream = type(found.stream)(int=7)
    elif how == "damaged":
        path.write_bytes(path.read_bytes()[:-100])
    elif how == "tail":
        data = bytearray(there[-1][1].read_bytes())
        data[-200] ^= 1
        there[-1][1].write_bytes(data)
    assert warmed(engine, tmp_path, found) is None
    assert said in capsys.readouterr().out
    assert engine.numbers().tobytes() == make(*engine.bank.asked, names=tuple(engine.symbols.names)).numbers().tobytes()


def test_an_older_snapshot_serves_when_the_newest_is_damaged(make: Make, tmp_path: Path) -> None:
    journaled, rest = half(make, tmp_path, 7)
    newest = kept(journaled)
    journaled.end()
    newest.write_bytes(b"")
    engine = make()
    warm = resumed(engine, tmp_path)
    assert warm is not None
    assert warm.calls > 0
    assert in_a_row(list(engine(joined([rest[0]])))) == in_a_row(list(journaled.engine(rest[0])))


def test_an_engine_that_does_not_make_it_again_is_not_used(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journaled, _ = half(make, tmp_path, 8)
    journaled.end()
    found = recovered(tmp_path)
    assert found is not None
    other, engines = make(lookback=0), [make()]  # without a lookback nothing is revised
    with pytest.raises(Differs, match="the journal has"):
        warmed(make(lookback=0), tmp_path, found)
    engine, warm = gone_on(other, engines.pop, tmp_path, Left(found, {}, 0))
    assert warm is None
    assert engine is not other
    assert engines == []
