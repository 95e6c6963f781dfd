"""The exchange's timeline: whatever goes wrong, every row happens once."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from core.bank import Bank
from core.events import Batch, Symbols, kind
from feeds.faults import Plan
from feeds.timeline import Timeline
from tests.feeds.made import NAMES, START, kernels, source

MOMENTS = tuple(source(1, 300.0))


@settings(max_examples=25, deadline=None)
@given(some.integers(0, 2**32), some.floats(0.05, 1), some.integers(1, 400), some.integers(-999, 999), some.booleans())
def test_nothing_is_lost_on_the_timeline_and_what_is_late_comes_once_and_later(
    seed: int, rate: float, amount: int, skew: int, moved: bool
) -> None:
    specs = [f"late={rate:.3f}:{amount}ms", "mute@300ms+1h", "restart@2h+1s", f"clock-skew={skew}ms"]
    now = 2 * START if moved else None
    bars = Bank((), ("1m",), kernels())
    steps = list(Timeline(iter(MOMENTS), Symbols(NAMES), bars, Plan(specs, seed), now))
    shift = (2 * START - MOMENTS[0].ts if moved else 0) + skew * 1_000_000
    for what in ("trades", "quotes"):
        truth = _rows(what, [batch for moment in MOMENTS for batch in moment.batches])
        happened = _rows(what, [batch for step in steps for batch in step.happened])
        shown = _rows(what, [batch for step in steps for batch in step.shown])
        assert happened == [(row[0] + shift, *row[1:]) for row in truth]
        assert sorted(shown) == sorted(happened)
    times = [step.ts for step in steps]
    assert times == sorted(times)
    late = [step for step in steps if step.does == "late"]
    assert all(sum(map(len, step.shown)) == 1 and not step.happened for step in late)
    due = [step.shown[0]["ts_event"][0] - shift + (amount - 1) * 1_000_000 for step in late]  # within its millisecond
    assert all(step.ts >= min(at, times[-1]) for step, at in zip(late, due, strict=True))
    assert [(step.fault, step.begins) for step in steps if step.fault] == [("mute", True), ("mute", False)]


def _rows(what: str, batches: list[Batch]) -> list[tuple[Any, ...]]:
    return [row for batch in batches if kind(batch) == what for row in batch.tolist()]
