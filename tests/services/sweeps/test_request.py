"""Sweeps as they are asked for: the same table on any number of cores, whatever dies or breaks off."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from polars.testing import assert_frame_equal

from core.errors import BadInput
from services.trading.sweeps.request import Report, Request, swept
from strategies.terms import Terms
from tests.services.sweeps.made import walk

PLAIN = Request("momentum", "period=4..7")
HISTORY = walk(3_000)
FREE = Terms()
Swept = Callable[..., Report]

pytestmark = pytest.mark.timeout(300)  # kernels are compiled


@pytest.fixture
def sweep(kernels: Path, tmp_path: Path) -> Swept:
    def run(
        request: Request = PLAIN, *, told: Callable[[int, int], None] = lambda *_: None, out: str = "out"
    ) -> Report:
        return swept(request, HISTORY, Terms(commission=0.0001), kernels, out=tmp_path / out, told=told)

    return run


def test_two_cores_give_the_same_table_as_one_bit_for_bit(sweep: Swept) -> None:
    one, two = sweep(out="one"), sweep(replace(PLAIN, cores=2), out="two")
    assert_frame_equal(one.table, two.table, check_exact=True)
    assert one.table["period"].to_list() == [4, 5, 6, 7]
    assert one.table["point"].to_list() == [0, 1, 2, 3]
    assert one.row == one.table["sharpe"].arg_max()
    assert not [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]


def test_what_was_broken_off_goes_on_and_does_nothing_twice(sweep: Swept) -> None:
    whole, seen = sweep(out="whole"), []

    def break_off(_: int, done: int) -> None:
        seen.append(done)
        if done == 2:
            raise KeyboardInterrupt

    half = sweep(told=break_off)
    assert half.broken_off
    assert len(half.table) == 2
    assert not (half.folder / "results.parquet").exists()
    parts = {part: part.stat().st_mtime_ns for part in half.folder.glob("part-*")}
    seen.clear()
    rest = sweep(told=lambda _, done: seen.append(done))
    assert seen[0] == 2
    assert parts.items() <= {part: part.stat().st_mtime_ns for part in rest.folder.glob("part-*")}.items()
    assert_frame_equal(rest.table, whole.table, check_exact=True)


def test_a_process_that_dies_is_replaced_and_its_block_done_again(sweep: Swept) -> None:
    whole, killed = sweep(out="whole"), []

    def kill(_: int, done: int) -> None:
        if done == 1:
            workers = [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]
            killed.append(workers[0].pid)
            os.kill(workers[0].pid, signal.SIGKILL)

    assert_frame_equal(sweep(replace(PLAIN, cores=2), told=kill).table, whole.table, check_exact=True)
    assert killed


def test_other_terms_history_or_space_are_another_sweep_and_another_search_is_not(
    kernels: Path, tmp_path: Path
) -> None:
    def folder(request: Request, terms: Terms = FREE, count: int = 3_000) -> Path:
        report = swept(request, walk(count), terms, kernels, out=tmp_path, told=lambda *_: None)
        return report.folder

    few = replace(PLAIN, over="period=4|5")
    found = [
        folder(few),
        folder(few, Terms(spread=0.0001)),
        folder(few, count=2_900),
        folder(replace(few, over="period=5|4")),
    ]
    found.append(folder(replace(few, strategy="momentum(on_gap=hold)")))
    assert len(set(found)) == 5
    assert folder(replace(few, search="random", points=2)) == found[0]


def test_searches_by_chance_are_the_same_by_the_same_seed(sweep: Swept) -> None:
    random = replace(PLAIN, search="random", points=3, seed=5)
    one, again = sweep(random, out="one"), sweep(random, out="two")
    assert_frame_equal(one.table, again.table, check_exact=True)
    assert sweep(replace(random, seed=6), out="one").table["period"].to_list() != one.table["period"].to_list()
    guided = sweep(replace(random, search="optuna", points=4), out="one")
    assert sorted(guided.table["period"]) == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"by": "sharp"},
            "expected --by one of sharpe, sortino, total_return, end_equity, max_drawdown; found 'sharp'",
        ),
        ({"search": "rnd"}, "expected --search one of grid, random, optuna; found 'rnd'"),
        ({"points": 5}, "a grid has all its points"),
        ({"search": "random", "points": 0}, "expected --points of 1 or more, found 0"),
        ({"walk_forward": "5/2", "folds": 3}, "found both"),
        ({"over": "period=0"}, "found none: period must be a whole number from 1 to 100000, was 0"),
    ],
)
def test_what_makes_no_sense_is_refused(sweep: Swept, changed: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput) as error:
        sweep(replace(PLAIN, **changed))  # type: ignore[arg-type]
    assert sentence in str(error.value)
