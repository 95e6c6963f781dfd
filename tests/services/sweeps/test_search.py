"""Searches: which points are asked for, and when."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from core.errors import BadInput
from services.trading.sweeps.family import Point, family
from services.trading.sweeps.guided import Guided
from services.trading.sweeps.search import Listed, Search, drawn, every
from services.trading.sweeps.space import space

CROSSOVER = family("crossover")
WIDE = space("fast=1..200, slow=1..200", CROSSOVER)
OPEN = space("low=1..49, high=51..99:log", family("rsi_reversal"))


def test_a_grid_leaves_out_what_there_is_no_strategy_for_and_counts_it() -> None:
    found = every(space("fast=5..20:5, slow=10..20:5", CROSSOVER), CROSSOVER.refusal)
    assert [tuple(each.values()) for each in found.points] == [(5, 10), (5, 15), (5, 20), (10, 15), (10, 20), (15, 20)]
    assert found.left_out["fast must be less than slow (10), was 20"] == 1
    assert found.left_out.total() == 6


def test_nothing_but_refused_points_is_said() -> None:
    with pytest.raises(BadInput, match="found none: fast must be less than slow"):
        every(space("fast=50|60, slow=20", CROSSOVER), CROSSOVER.refusal)
    with pytest.raises(BadInput, match="found none: fast must be less than slow"):
        Guided(space("fast=50|60, slow=20", CROSSOVER), 4, 0, CROSSOVER.refusal).ask()


@pytest.mark.parametrize("where", [WIDE, OPEN, space("fast=1..3000, slow=1..3000", CROSSOVER)])
def test_points_by_chance_are_the_same_by_the_same_seed_and_more_begin_alike(where: object) -> None:
    of = family("rsi_reversal") if where is OPEN else CROSSOVER
    few, many, other = (drawn(where, count, seed, of.refusal) for count, seed in ((30, 7), (60, 7), (30, 8)))  # type: ignore[arg-type]
    assert (len(few.points), len(many.points)) == (30, 60)
    assert many.points[:30] == few.points
    assert few.points != other.points
    assert len({tuple(each.values()) for each in many.points}) == 60


def test_fewer_are_drawn_where_there_are_no_more() -> None:
    small = space("fast=5..20:5, slow=10..20:5", CROSSOVER)
    assert len(drawn(small, 100, 0, CROSSOVER.refusal).points) == 6
    whole = space("fast=1..4:log", family("crossover(slow=5)"))
    assert {each["fast"] for each in drawn(whole, 100, 0, family("crossover(slow=5)").refusal).points} == {1, 2, 3, 4}


def hill(point: Point) -> float:
    """A planted optimum at 60, 140."""
    return -math.hypot(float(point["fast"]) - 60, float(point["slow"]) - 140)


def searched(search: Search, worth: Callable[[Point], float] = hill) -> list[Point]:
    asked: list[Point] = []
    while points := search.ask():
        asked += points
        search.tell([worth(point) for point in points])
    return asked


def test_a_guided_search_comes_closer_to_a_planted_optimum_than_its_first_points_and_than_chance() -> None:
    improved = 0
    for seed in range(4):
        asked = searched(Guided(WIDE, 96, seed, CROSSOVER.refusal))
        assert len({tuple(each.values()) for each in asked}) == len(asked) == 96
        first, best = max(map(hill, asked[:16])), max(map(hill, asked))
        by_chance = sorted(map(hill, drawn(WIDE, 96, seed, CROSSOVER.refusal).points))
        improved += best > first
        assert sorted(map(hill, asked))[-10] > by_chance[-10]
        later = np.mean([hill(each) for each in asked[-32:]])
        assert later > np.mean([hill(each) for each in asked[:32]])
    assert improved >= 3  # one may have been there at once


def test_a_guided_search_asks_for_the_same_by_the_same_seed_and_more_begin_alike() -> None:
    few, same, more = (searched(Guided(WIDE, count, 3, CROSSOVER.refusal)) for count in (40, 40, 60))
    assert few == same == more[:40]
    assert few != searched(Guided(WIDE, 40, 4, CROSSOVER.refusal))


def test_a_guided_search_ends_when_all_is_known_and_bears_what_is_worth_nothing() -> None:
    small = space("fast=5..20:5, slow=10..20:5, on_gap=flag|hold", CROSSOVER)
    search = Guided(small, 100, 0, CROSSOVER.refusal)
    assert len(searched(search, lambda point: math.nan if point["fast"] == 5 else 1.0)) == 12
    assert search.left_out


def test_a_list_is_asked_for_once() -> None:
    points = [{"fast": 1, "slow": 2}, {"fast": 2, "slow": 3}]
    search = Listed(points)
    assert searched(search) == points
    assert search.ask() == ()
