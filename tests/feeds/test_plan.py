"""The plan of faults: how they are written, and that the same seed is the same chance."""

from itertools import pairwise

import numpy as np
import pytest

from core.errors import BadInput
from core.events import SECOND
from feeds.faults import KINDS, Fault, Plan, parsed


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("drop@10s", Fault("drop", at=10 * SECOND)),
        ("mute@1.5m+500ms", Fault("mute", at=90 * SECOND, length=SECOND // 2)),
        ("restart@0s+1h", Fault("restart", length=3600 * SECOND)),
        ("late=.01:2s", Fault("late", rate=0.01, amount=2 * SECOND)),
        ("dup=1", Fault("dup", rate=1.0)),
        ("clock-skew=-500ms", Fault("clock-skew", amount=-SECOND // 2)),
        ("429=3", Fault("429", amount=3)),
    ],
)
def test_a_fault_is_written_in_one_line(spec: str, fault: Fault) -> None:
    assert parsed(spec) == fault


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            "drp@10s",
            f"expected a kind out of {', '.join(KINDS)}; found",
        ),
        ("drp@10s", "did you mean 'drop'?"),
        ("", "found ''"),
        ("drop", "expected drop@TIME, such as drop@10s"),
        ("drop@10", "expected drop@TIME"),
        ("drop@10s+2s", "expected drop@TIME"),
        ("mute@20s", "expected mute@TIME+LENGTH, such as mute@20s+5s"),
        ("mute=0.1", "expected mute@TIME+LENGTH"),
        ("dup=2", "expected a rate above 0 and up to 1, found 2"),
        ("dup=0", "expected a rate above 0 and up to 1, found 0"),
        ("dup=-1", "expected dup=RATE"),
        ("late=0.1", "expected late=RATE:AMOUNT, such as late=0.01:2s"),
        ("429=many", "expected 429=COUNT"),
    ],
)
def test_what_is_no_fault_is_said_with_what_was_meant(spec: str, sentence: str) -> None:
    with pytest.raises(BadInput) as error:
        Plan([spec])
    assert sentence in str(error.value)


def test_what_lasts_is_given_once_and_every_example_is_one() -> None:
    with pytest.raises(BadInput, match="expected dup=RATE once, found it 2 times"):
        Plan(["dup=0.1", "mute@1s+1s", "mute@5s+1s", "dup=0.2"])
    assert [fault.kind for fault in Plan([each.example for each in KINDS.values()]).faults] == list(KINDS)


def test_the_same_seed_is_the_same_chance_and_another_is_not() -> None:
    def hits(seed: int, name: str) -> list[int]:
        plan = Plan(["dup=0.05", "reorder=0.05", "late=0.05:2s", "corrupt=0.05"], seed)
        return [number for number in range(20_000) if plan.hits(name, number)]

    for name in ("dup", "reorder", "late", "corrupt"):
        assert hits(7, name) == hits(7, name)
        assert 850 < len(hits(7, name)) < 1_150
    drawn = [hits(7, "dup"), hits(8, "dup"), hits(7, "corrupt")]
    for one, other in pairwise(drawn):
        assert len(set(one) & set(other)) < 120  # 50 by chance
    assert np.std(np.diff(drawn[0])) > 15  # as of chance, not every twentieth
