"""Spaces as people write them."""

import doctest
import itertools
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from services.trading.sweeps import family as family_module
from services.trading.sweeps import space as space_module
from services.trading.sweeps.family import family
from services.trading.sweeps.space import space

CROSSOVER, RSI = family("crossover"), family("rsi_reversal")


def test_the_examples_in_the_docstrings_are_true() -> None:
    for module in (family_module, space_module):
        found = doctest.testmod(module)
        assert (found.attempted > 0, found.failed) == (True, 0)


@given(low=st.integers(1, 500), more=st.integers(1, 500), step=st.integers(1, 60))
def test_whole_numbers_by_a_step_are_those_of_a_range(low: int, more: int, step: int) -> None:
    found = space(f"fast={low}..{low + more}:{step}", CROSSOVER).dimensions[0].values
    assert found == tuple(range(low, low + more + 1, step))
    assert all(isinstance(each, int) for each in found)


@given(low=st.integers(1, 900), more=st.integers(1, 90), step=st.integers(1, 20), digits=st.integers(0, 3))
def test_numbers_by_a_step_are_the_decimal_ones_a_person_means(low: int, more: int, step: int, digits: int) -> None:
    first, last, by = (Decimal(each).scaleb(-digits) for each in (low, low + more, step))
    found = space(f"low={first}..{last}:{by}", RSI).dimensions[0].values
    assert found == tuple(float(Decimal(each).scaleb(-digits)) for each in range(low, low + more + 1, step))


@given(low=st.integers(1, 50), times=st.integers(2, 5), count=st.integers(1, 6))
def test_a_factor_multiplies(low: int, times: int, count: int) -> None:
    found = space(f"fast={low}..{low * times**count}:*{times}", CROSSOVER).dimensions[0].values
    assert found == tuple(low * times**each for each in range(count + 1))


@given(share=st.floats(0, 1), low=st.floats(1e-3, 10), times=st.floats(1.5, 1e4))
def test_any_number_of_a_span_is_evenly_spread_by_itself_or_its_logarithm(
    share: float, low: float, times: float
) -> None:
    even = space(f"low={low}..{low * times}", RSI).dimensions[0]
    log = space(f"low={low}..{low * times}:log", RSI).dimensions[0]
    assert even.at(share) == pytest.approx(low + share * low * (times - 1))
    assert log.at(share) == pytest.approx(low * times**share)
    assert all(low <= float(each.at(share)) <= low * times for each in (even, log))


def test_a_grid_has_every_point_once_and_knows_them_by_number() -> None:
    found = space("fast=5..15:5, slow=20|50, on_gap=flag|hold", CROSSOVER)
    points = list(found.grid())
    wanted = list(itertools.product((5, 10, 15), (20, 50), ("flag", "hold")))
    assert [tuple(each.values()) for each in points] == wanted
    assert found.size == len(wanted)
    assert [found.point(number) for number in range(len(wanted))] == points


def test_whole_numbers_by_their_logarithm_are_whole() -> None:
    found = space("fast=1..100:log", CROSSOVER).dimensions[0]
    assert {found.at(share / 7) for share in range(8)} == {
        round(math.exp(math.log(100) * each / 7)) for each in range(8)
    }
    assert all(isinstance(found.at(share / 7), int) for share in range(8))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "expected what to sweep over (fast, slow, on_gap), such as fast=5..50:5"),
        ("fats=5..50", "found 'fats=5..50', did you mean 'fast'?"),
        ("fast", "fast: expected whole numbers, such as 5..50:5, 5..50, 10..640:*2, 0.1..10:log or 5|10|20; found ''"),
        ("fast=5..50:0", "fast: expected a step above 0, or *2 from above 0 on; found 5..50:0"),
        ("fast=5..50:*1", "expected a step above 0, or *2"),
        ("fast=5..50:x", "fast: expected whole numbers"),
        ("fast=50..5", "fast: expected a range from less to more, found '50..5'"),
        ("fast=0..5:log", "fast: expected a range above 0 for its logarithm"),
        ("fast=5.5..7", "fast: expected whole numbers"),
        ("fast=5|5", "fast: expected each value once, found '5|5'"),
        ("fast=5, fast=6", "expected fast once, found it twice"),
        ("on_gap=flag|drop", "on_gap must be flag | hold | skip, was 'drop'"),
        ("fast=1..nan", "fast: expected whole numbers"),
        ("fast=1..10000000", "fast: expected at most 1,000,000 values"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(BadInput) as error:
        space(text, CROSSOVER)
    assert sentence in str(error.value)


def test_a_grid_needs_steps_and_an_end() -> None:
    with pytest.raises(BadInput, match=r"expected steps for low in a grid, such as 20\.\.40:2"):
        list(space("low=20..40", RSI).grid())
    with pytest.raises(BadInput, match="at most 1,000,000 points, found 4,000,000"):
        list(space("fast=1..2000, slow=1..2000", CROSSOVER).grid())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("crosover", "did you mean 'crossover'"),
        ("crossover(", "expected a strategy by its name (adx_trend, "),
        ("crossover(12, wide=3)", "wide"),
        ("crossover(1, 2, flag, 4)", "too many"),
        ("3", "found '3'"),
    ],
)
def test_a_family_is_a_strategy_by_its_name(text: str, sentence: str) -> None:
    with pytest.raises(BadInput) as error:
        family(text)
    assert sentence in str(error.value)


def test_what_is_said_with_the_name_is_fixed_unless_it_is_swept() -> None:
    found = family("crossover(12, 50, on_gap=hold)")
    assert found.at({}) == "crossover(fast=12, slow=50, on_gap=hold)"
    assert found.at({"fast": 5, "on_gap": "flag"}) == "crossover(fast=5, slow=50, on_gap=flag)"
    assert found.node({"fast": 5}).call == "crossover(5, 50, on_gap='hold')"
    assert family("crossover").at({}) == "crossover"
