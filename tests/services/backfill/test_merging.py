"""Merging without a database: against a slow oracle, row by row."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.bank import Bank
from core.events import BACKFILLED, BAR, COMPLETE, CORRECTED, SECOND, TIMEFRAME_NAMES, TRADE, Batch, rows
from services.backfill.merging import DAY, Filled, Gap, changed, merged, rebuilt, within
from services.backfill.spill import Spill

T0 = 1_700_006_400 * SECOND  # a midnight
_MOMENTS = some.integers(0, 20)
_IDS = some.integers(0, 9)
_ROWS = some.lists(some.tuples(_MOMENTS, _IDS), max_size=12)


def trades(found: Sequence[tuple[int, int]], seqs: Sequence[int] = ()) -> Batch:
    """Trades at whole seconds behind midnight with these ids, in order of time."""
    made = [
        (T0 + at * SECOND, T0, seq, trade_id, 10.0 + at, 1.0, 0, 0)
        for (at, trade_id), seq in zip(found, seqs or [0] * len(found), strict=True)
    ]
    batch = rows(TRADE, made)
    return batch[np.argsort(batch["ts_event"], kind="stable")]


def gap(number: int, start: int, end: int, *, filled: bool = False) -> Gap:
    return Gap(number, T0 + start * SECOND, T0 + end * SECOND, filled)


def fate(trade: np.void, seen: set[int], stored: Batch, gaps: Sequence[Gap], span: tuple[int, int]) -> str:
    """What becomes of one trade, said as one would say it."""
    ts, trade_id = int(trade["ts_event"]), int(trade["trade_id"])
    own = [row for row in stored if span[0] <= row["ts_event"] < span[1]]
    if trade_id and (trade_id in stored["trade_id"] or trade_id in seen):
        return "known"
    if trade_id and all(row["trade_id"] for row in own):
        return "missing"
    here = [each for each in gaps if each.start <= ts < each.end]
    if any(each.filled for each in here):
        return "known"
    if not own:
        return "missing"
    quiet = (
        not any(max(each.start, span[0]) <= row["ts_event"] < min(each.end, span[1]) for row in own) for each in here
    )
    return "missing" if any(quiet) else "untold"


@settings(max_examples=400, deadline=None)
@given(history=_ROWS, stored=_ROWS, gaps=some.lists(some.tuples(_MOMENTS, _MOMENTS, some.booleans()), max_size=3))
def test_each_trade_is_known_missing_or_cannot_be_told(
    history: list[tuple[int, int]], stored: list[tuple[int, int]], gaps: list[tuple[int, int, bool]]
) -> None:
    span = T0 + 2 * SECOND, T0 + 19 * SECOND
    new = within(trades(history), span)
    there = trades(stored, range(1, len(stored) + 1))
    found = [gap(i, min(a, b), max(a, b), filled=filled) for i, (a, b, filled) in enumerate(gaps)]
    touching = [each for each in found if each.start < span[1] and each.end > span[0]]
    result = merged(new, there, touching, span)
    seen: set[int] = set()
    fates: list[str] = []
    for trade in new:
        fates.append(fate(trade, seen, there, touching, span))
        seen.add(int(trade["trade_id"]))
    expected = new[np.array(fates, dtype=str) == "missing"]
    assert result.missing.tobytes() == expected.tobytes()
    assert (result.known, result.untold) == (fates.count("known"), fates.count("untold"))
    assert result.missing.dtype is TRADE
    inside = [any(part.start <= ts < part.end for part in result.filled) for ts in expected["ts_event"]]
    assert result.beside == len(inside) - sum(inside)
    for part in result.filled:
        assert not part.gap.filled
        assert (part.start, part.end) == (max(part.gap.start, span[0]), min(part.gap.end, span[1]))
        assert part.rows == len(within(expected, (part.start, part.end)))


def test_equal_trades_are_kept_apart_by_their_ids_alone() -> None:
    history, stored = trades([(1, 5), (1, 6), (1, 7)]), trades([(1, 6)], [1])
    assert merged(history, stored, [], (T0, T0 + DAY)).missing["trade_id"].tolist() == [5, 7]


def test_a_history_that_says_a_gap_was_quiet_fills_it_with_nothing() -> None:
    hole = gap(7, 2, 4)
    result = merged(trades([(1, 5), (5, 6)]), trades([(1, 5), (5, 6)], [1, 2]), [hole], (T0, T0 + DAY))
    assert result.filled == (Filled(hole, hole.start, hole.end, 0),)


def test_a_trade_the_stream_brought_after_all_is_withdrawn_once() -> None:
    stored = trades([(1, 5), (1, 5), (2, 6), (3, 0), (4, 0)], [-2, 9, -1, -3, 10])
    result = merged(trades([(1, 5)]), stored, [], (T0, T0 + DAY))
    assert result.doubled["seq"].tolist() == [-2]


def test_bars_follow_from_the_trades_whatever_order_they_are_in(kernels: Path) -> None:
    bank = Bank((), ("1s", "1m", "1d"), kernels)
    stored = trades([(1, 5), (1, 6), (1, 7), (59, 8), (70, 9)], [-3, 1, -2, 2, 3])
    stored["price"] = [1.0, 2.0, 3.0, 4.0, 5.0]
    made = rebuilt(bank, stored)
    for seed in range(5):
        shuffled = np.random.default_rng(seed).permutation(stored)
        assert rebuilt(bank, shuffled.astype(TRADE)).tobytes() == made.tobytes()
    first = made[made["timeframe"] == TIMEFRAME_NAMES.index("1s")][0]
    assert (first["open"], first["close"], first["trades"], first["quality"]) == (1.0, 3.0, 3, COMPLETE)
    day = made[made["timeframe"] == TIMEFRAME_NAMES.index("1d")]
    assert day[["ts_open", "ts_close", "open", "close", "trades"]].tolist() == [(T0, T0 + DAY, 1.0, 5.0, 5)]


def bars(*found: tuple[int, int, float]) -> Batch:
    """Bars of a second: when they end, their number, their close."""
    made = np.zeros(len(found), dtype=BAR)
    made["ts_close"] = T0 + np.array([end for end, *_ in found]) * SECOND
    made["ts_open"] = made["ts_close"] - SECOND
    made["seq"], made["close"] = [seq for _, seq, _ in found], [close for *_, close in found]
    return made


def test_only_bars_with_a_trade_the_stream_never_had_and_that_are_closed_change() -> None:
    made = bars((1, 0, 5.0), (2, 0, 5.0), (3, 0, 5.0), (4, 0, 5.0), (5, 0, 5.0))
    stored = bars((1, 11, 9.0), (2, 12, 9.0), (3, 13, 5.0))
    unheard = T0 + np.array([1, 2, 3, 4]) * SECOND + 5  # in all but the first
    result = changed(made, stored, unheard, {0: T0 + 4 * SECOND})
    assert result.before[["seq", "close"]].tolist() == [(12, 9.0)]
    assert result.after[["seq", "close", "quality"]].tolist() == [(12, 5.0, CORRECTED)]
    assert result.new[["ts_close", "quality"]].tolist() == [(T0 + 4 * SECOND, BACKFILLED)]
    assert result.waiting == 1


def test_of_two_bars_of_one_bucket_the_one_with_the_higher_number_is_replaced() -> None:
    result = changed(bars((1, 0, 5.0)), bars((1, 8, 1.0), (1, 7, 5.0)), np.array([T0]), {0: T0 + DAY})
    assert result.after["seq"].tolist() == [8]


@pytest.mark.parametrize("room", [1, 7, 1000])
def test_what_is_spilled_is_read_back_by_symbol_and_day_in_its_order(tmp_path: Path, room: int) -> None:
    random = np.random.default_rng(room)
    batch = np.zeros(300, dtype=TRADE)
    batch["ts_event"] = T0 + random.integers(-DAY, 2 * DAY, 300)
    batch["symbol"], batch["trade_id"] = random.integers(0, 3, 300), np.arange(300)
    with Spill(tmp_path / "new", room=room) as spill:
        for part in np.split(batch, range(11, 300, 11)):
            spill.add(part)
            assert spill.held < max(room, 11)
        read = 0
        for symbol in range(3):
            for day in spill.days(symbol):
                found = spill.read(symbol, day)
                own = (batch["symbol"] == symbol) & (batch["ts_event"] // DAY * DAY == day)
                assert found.tobytes() == batch[own].tobytes()
                assert found.dtype is TRADE
                read += len(found)
        assert read == 300
        assert len(spill.read(0, T0 - 9 * DAY)) == 0
        assert list((tmp_path / "new").iterdir()) == []  # a file without a name: a kill leaves nothing


def test_a_trade_that_was_taken_back_is_known_and_does_not_come_again() -> None:
    history, stored = trades([(1, 5), (1, 6), (1, 7)]), trades([(1, 7)], [1])
    result = merged(history, stored, [], (T0, T0 + DAY), np.array([6]))
    assert result.missing["trade_id"].tolist() == [5]
    assert result.known == 2
