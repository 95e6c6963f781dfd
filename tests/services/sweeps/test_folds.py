"""Folds: nothing is chosen on what it is tried on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.events import Batch
from services.trading.sweeps.evaluated import Span
from services.trading.sweeps.folds import k_folds, length, walk_forward
from tests.services.sweeps.made import DAY, MINUTE, T0, walk

HOUR = 60 * MINUTE


def seen(span: Span) -> set[int]:
    return set(range(span.warm, span.end))


def traded(span: Span) -> set[int]:
    return set(range(span.first, span.end))


def plainly_walked(bars: Batch, train: int, test: int, *, anchored: bool) -> list[tuple[list[int], list[int]]]:
    """The bars chosen on and tried on, by looking at every bar's close; lengths in nanoseconds."""
    found: list[tuple[list[int], list[int]]] = []
    begin = int(bars["ts_open"][0])
    while True:
        middle, end = begin + train, begin + train + test
        chosen = [i for i, ts in enumerate(bars["ts_event"]) if (anchored or ts > begin) and ts <= middle]
        tried = [i for i, ts in enumerate(bars["ts_event"]) if middle < ts <= end]
        if middle >= bars["ts_event"][-1]:
            return found
        if chosen and tried:
            found.append((chosen, tried))
        begin += test


@settings(deadline=None)
@given(
    count=st.integers(20, 120), every=st.sampled_from([1, 7, 60, 400]), train=st.integers(1, 40),
    test=st.integers(1, 20), unit=st.sampled_from("hd"), anchored=st.booleans(),
)  # fmt: skip
def test_walking_forward_by_time_is_what_a_plain_look_at_every_bar_says(
    *, count: int, every: int, train: int, test: int, unit: str, anchored: bool
) -> None:
    bars = walk(count, every=every * MINUTE, symbols=2).bars
    long = {"h": HOUR, "d": DAY}[unit]
    wanted = plainly_walked(bars, train * long, test * long, anchored=anchored)
    if not wanted:
        with pytest.raises(BadInput, match="expected more history than"):
            walk_forward(bars, f"{train}{unit}/{test}{unit}", anchored=anchored)
        return
    found = walk_forward(bars, f"{train}{unit}/{test}{unit}", anchored=anchored)
    assert [(sorted(traded(each.chosen_on[0])), sorted(traded(each.tried_on))) for each in found] == wanted
    assert all(each.chosen_on[0].warm == each.tried_on.warm == 0 for each in found)


@settings(deadline=None)
@given(count=st.integers(5, 150), train=st.integers(1, 50), test=st.integers(1, 50), anchored=st.booleans())
def test_walking_forward_by_bars_tries_every_moment_behind_the_first_span_once(
    count: int, train: int, test: int, anchored: bool
) -> None:
    bars = walk(count, symbols=3).bars
    if count <= train:
        with pytest.raises(BadInput):
            walk_forward(bars, f"{train}/{test}")
        return
    found = walk_forward(bars, f"{train}/{test}", anchored=anchored)
    tried = [row for each in found for row in sorted(traded(each.tried_on))]
    assert tried == list(range(3 * train, 3 * count))
    for number, each in enumerate(found):
        span = each.chosen_on[0]
        assert span.end == each.tried_on.first  # what is seen before a try is all from before
        assert span.first == (0 if anchored else 3 * test * number)


@settings(deadline=None)
@given(
    count=st.integers(10, 150), folds=st.integers(2, 8), embargo=st.integers(0, 12), purge=st.integers(0, 6),
    unit=st.sampled_from(["", "m"]),
)  # fmt: skip
def test_purging_leaves_no_bar_that_is_also_tried_nor_one_too_near(
    count: int, folds: int, embargo: int, purge: int, unit: str
) -> None:
    bars = walk(count, symbols=2).bars
    try:
        found = k_folds(bars, folds, f"{embargo}{unit}", f"{purge}{unit}")
    except BadInput:
        assert count / folds < 2 * (purge + embargo) + 2
        return
    assert sorted(row for each in found for row in traded(each.tried_on)) == list(range(len(bars)))
    for each in found:
        tried = traded(each.tried_on)
        first, last = min(tried) // 2, max(tried) // 2
        kept = {m for m in range(count) if m < first - purge or m > last + purge + embargo}
        assert {row // 2 for span in each.chosen_on for row in traded(span)} == kept
        assert not any(seen(span) & tried for span in each.chosen_on)
        assert all(span.warm == span.first for span in each.chosen_on)


def test_time_is_measured_from_close_to_open() -> None:
    bars = walk(3 * 1440).bars
    fold = k_folds(bars, 3, embargo="2h", purge="1h")[1]
    before, after = fold.chosen_on
    begins, ends = T0 + DAY, T0 + 2 * DAY
    assert bars["ts_event"][before.end - 1] == begins - HOUR
    assert bars["ts_open"][after.first] == ends + 3 * HOUR


@pytest.mark.parametrize("text", ["90", "90d/", "d/d", "90d/30", "0/5", "90d/0d", "-1d/2d", "1.5d/1d", "90d/30d/1d"])
def test_lengths_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="expected"):
        walk_forward(walk(100).bars, text)


def test_lengths_are_of_time_or_of_bars() -> None:
    assert (length("2w").nanoseconds, length("90").moments) == (14 * DAY, 90)
    for folds in (1, 101):
        with pytest.raises(BadInput, match="from 2 folds to as many as there are moments"):
            k_folds(walk(100).bars, folds)
    with pytest.raises(BadInput, match="nothing is left"):
        k_folds(walk(100).bars, 2, embargo="90")
    assert np.diff(walk(100).bars["ts_event"]).min() == MINUTE
