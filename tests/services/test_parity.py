"""Parity: a recorded session given again says the same to the last bit, and what does not is found."""

import asyncio
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import indicators
from core.calls import calls
from core.engine import Engine
from core.errors import BadInput
from core.events import BAR, DISCONNECTED, DONE, NEVER, PENDING, SECOND, SILENT, TIME, VENUE, Symbols, rows
from core.making import indicator
from core.node import Node, State, step
from core.records import RECORD_HEADER, packed, walked
from indicators import ema, rsi, trade_size
from services.trading.parity import Certificate, checked
from strategies import crossover, rsi_reversal
from tests.core.journaled import Journaled
from tests.core.test_calls import trouble
from tests.core.troubled import START
from tests.services.disturbed import Asked, Run, alike, made

NODES = (ema(3), rsi(5), trade_size(3), crossover(3, 8), rsi_reversal(5, 40.0, 60.0))
FAULTS = {
    "drops and late trades": ["drop@8s", "drop@21s", "late=0.05:3s"],
    "a mute venue, repeated trades": ["mute@7s+18s", "dup=0.1"],
    "cancels, corrections and a gap": ["cancel=0.1:2s", "correct=0.1:1s", "drop@8s", "late=0.05:3s"],
    "a restart, disorder": ["restart@9s+4s", "reorder=0.1"],
}


def engine(kernels: Path, *nodes: Node, **options: Any) -> Engine:
    symbols = Symbols(("A", "B", "C"), source="test")
    return Engine(symbols, ("1s", "5s"), nodes or NODES, kernels, **{"lookback": 60 * SECOND, **options})


@pytest.fixture
def played(kernels: Path, tmp_path: Path) -> Callable[..., Journaled]:
    def play(seed: int, *nodes: Node, **options: Any) -> Journaled:
        journaled = Journaled(engine(kernels, *nodes, **options), tmp_path / "journal")
        journaled.play(trouble(seed), 110)
        return journaled

    return play


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
async def test_a_session_of_an_exchange_with_faults_is_identical(
    kernels: Path, tmp_path: Path, faults: list[str]
) -> None:
    run = Run(made(kernels))
    journaled = Journaled(run.engine, tmp_path)
    run.give = journaled.give
    venue = run.exchange(faults)
    await run.of(venue, Asked)
    alike(run, venue, kernels, late=4 * SECOND)
    found = checked(calls(await asyncio.to_thread(journaled.end)), kernels)
    assert found.identical, [each.first for each in found.kinds.values()]
    rows_made = {what: each.recorded for what, each in found.kinds.items()}
    assert rows_made["trades"] == len(run.seen._trades) or "cancel=0.1:2s" in faults
    (own,) = found.runs
    assert own.standing["values"].recorded == len(run.seen.values) > 0
    assert own.standing["signals"].recorded == len(run.seen.signals)
    ended = [row for row in run.gaps if row["to_ts"] != NEVER and row["backfill"] == PENDING]
    lost = {int(row["from_ts"]) for row in ended if row["reason"] in (DISCONNECTED, SILENT)}
    assert found.counts["reconnects"] == len(lost)
    assert found.counts["gaps done"] == sum(each[6] == 0 and each[8] == DONE for each in run.seen.gaps)


@pytest.mark.parametrize("seed", range(4))
def test_troubled_sessions_are_identical(kernels: Path, played: Callable[..., Journaled], seed: int) -> None:
    found = checked(calls(played(seed).end()), kernels)
    assert found.identical
    assert found.unchecked == []
    assert found.runs[0].left_out == ["trade_size(3)"]
    assert found.counts["amended trades"] > 10
    assert found.kinds["values"].hashes[0] == found.kinds["values"].hashes[1]


def test_runs_begin_anew_and_go_on_numbering(kernels: Path, tmp_path: Path) -> None:
    for seed in (1, 2):
        journaled = Journaled(engine(kernels), tmp_path)
        journaled.play(trouble(seed), 110)
        there = journaled.end()
    found = checked(calls(there), kernels)
    assert found.identical
    assert (len(found.runs), found.counts["restarts"]) == (2, 1)


def test_a_venues_own_bars_are_identical(kernels: Path, tmp_path: Path) -> None:
    journaled = Journaled(engine(kernels, ema(3), crossover(2, 5), bars="venue", lookback=0), tmp_path)
    random = np.random.default_rng(5)
    for second in range(1, 200):
        close, ts = 100 + random.normal(0, 3), START + second * SECOND
        bar = (
            ts,
            ts,
            0,
            ts - SECOND,
            ts,
            close,
            close + 1,
            close - 1,
            close,
            5.0,
            close,
            3,
            second % 3,
            0,
            1,
            0,
            VENUE,
        )
        journaled.give(rows(BAR, [bar]))
        journaled.give(rows(TIME, [(ts, ts)]))
    found = checked(calls(journaled.end()), kernels)
    assert found.identical
    assert found.runs[0].standing["values"].recorded == 199
    assert found.runs[0].standing["signals"].recorded > 3


def flip(there: list[tuple[int, Path]], what: str, skip: int, place: int) -> None:
    """Change one bit in the last word but `place` of the first row of a kind's record, its checksums made right."""
    for start, path in there:
        data = bytearray(path.read_bytes())
        for found, rows_ in walked(bytes(data), start):
            if found.kind == what and (skip := skip - 1) < 0:
                changed = bytearray(rows_)
                changed[place] ^= 1
                given = found.kind, found.rows, bytes(changed), found.position, found.total
                head = packed(*given, generation=found.generation, more=found.more)
                at = found.position - start
                data[at : at + RECORD_HEADER + found.length] = head + changed
                path.write_bytes(data)
                assert zlib.crc32(changed) == struct.unpack_from("<I", data, at + 16)[0]
                return
    raise AssertionError("there is no such record")


def first(found: Certificate) -> str:
    return " ".join(each.first for each in found.kinds.values())


@pytest.mark.parametrize(
    ("what", "place", "said"),
    [
        ("values", 32, "ema_3 was"),
        ("bars", 72, "volume was"),
        ("signals", 40, "strength was"),
        ("revised_bars", 40, "was"),
    ],
)
def test_one_bit_that_was_changed_is_found(
    kernels: Path, played: Callable[..., Journaled], what: str, place: int, said: str
) -> None:
    there = played(1).end()
    flip(there, what, 12, place)
    found = checked(calls(there), kernels)
    assert not found.identical
    assert [name for name, each in found.kinds.items() if each.differ] == [what]
    assert found.kinds[what].differ == 1
    assert said in first(found)
    assert "when made again" in first(found)


CALLS = np.zeros(1)


@step
def _counting(s: State, p: Any, close: float) -> float:
    s.seen += 1.0
    return float(close + s.seen)


@indicator
def forgetful() -> Node:
    """Close and how often it was looked at, ever."""
    return Node(_counting, ("close",), {"seen": float(CALLS[0])})


def test_a_node_that_is_not_told_by_its_inputs_is_found(
    kernels: Path, played: Callable[..., Journaled], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins with a number that the process has, as one does that counts in a global."""
    monkeypatch.setitem(indicators.NAMED, "forgetful", forgetful)
    there = played(2, forgetful(), ema(3)).end()
    CALLS[0] = 7.0
    try:
        found = checked(calls(there), kernels)
    finally:
        CALLS[0] = 0.0
    assert not found.identical
    assert {what for what, each in found.kinds.items() if each.differ} == {"values", "revised_values"}
    assert "forgetful was" in first(found)
    assert not found.runs[0].standing["values"].same


def test_what_cannot_be_given_again_is_said(kernels: Path, played: Callable[..., Journaled]) -> None:
    there = played(3).end()
    with pytest.raises(BadInput, match="the session's begin, at 0, is not in these files"):
        checked(calls(there[1:]), kernels)
    cut = checked(calls([*there[:2], *there[3:]]), kernels)
    assert cut.identical
    assert "is there" in cut.unchecked[0]


def test_a_session_without_a_row_is_no_session(kernels: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="it has no rows; nothing was checked"):
        checked(calls(Journaled(engine(kernels), tmp_path).end()), kernels)
