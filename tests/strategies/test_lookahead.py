"""Look-ahead: every way of knowing the future that people have met is found, and nothing honest is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import BadInput
from core.events import GAP, SECOND, Batch
from services.trading.backtests import History, history
from services.trading.checks import lookahead_of
from strategies import ALL
from strategies.verdicts import Verdict, mirrored
from tests.strategies import seeded

pytestmark = pytest.mark.timeout(400)  # kernels are compiled

MakeBars = Callable[..., Batch]
T0 = 20_000 * 86_400 * SECOND
MOST = 150  # bars that are checked of a frame strategy


def minutes(bars: Batch, symbols: int = 1) -> pl.DataFrame:
    names = np.array([f"S{i}" for i in range(symbols)])[np.arange(len(bars)) % symbols]
    columns = {name: bars[name] for name in ("open", "high", "low", "close", "volume")}
    return pl.DataFrame({"time": T0 + np.arange(len(bars)) // symbols * 60 * SECOND, "symbol": names, **columns})


@pytest.fixture
def file(tmp_path: Path, make_bars: MakeBars) -> Path:
    minutes(make_bars(600, seed=4)).write_parquet(tmp_path / "bars.parquet")
    return tmp_path / "bars.parquet"


@pytest.fixture
def check(tmp_path: Path, file: Path, kernels: Path) -> Callable[..., Verdict]:
    """The verdict on a file with this text."""

    def run(text: str, name: str = "", found: History | None = None, most: int = MOST) -> Verdict:
        (tmp_path / "mine.py").write_text(text)
        asked = f"{tmp_path}/mine.py{name and ':'}{name}"
        return lookahead_of(asked, found or history(file, None, kernels), kernels, most, lambda _done, _work: None)

    return run


def kinds(verdict: Verdict) -> set[str]:
    return {each.kind for each in verdict.violations}


@pytest.mark.parametrize("name", seeded.LOOKING)
def test_a_look_ahead_is_found(name: str, check: Callable[..., Verdict]) -> None:
    verdict = check(seeded.rule(seeded.LOOKING[name]))
    (cut,) = (each for each in verdict.violations if each.kind == "cut")
    assert cut.ahead is not None
    assert cut.with_future != cut.without
    assert 0 < cut.bars <= verdict.checked == MOST


@pytest.mark.parametrize("name", seeded.HONEST)
def test_an_honest_one_is_let_through(name: str, check: Callable[..., Verdict]) -> None:
    verdict = check(seeded.rule(seeded.HONEST[name]))
    assert verdict.violations == []
    assert verdict.signals > 3


def test_how_far_ahead_it_looks_and_at_how_many_bars_is_told(check: Callable[..., Verdict]) -> None:
    verdict = check(seeded.rule("return (close.shift(-4) - close).sign()"))
    first = verdict.violations[0]
    assert (first.kind, first.bar, first.ahead, first.bars) == ("cut", 1, 4, MOST)
    assert (first.without, first.symbol, first.ts_event) == ("nothing", "S0", T0 + 60 * SECOND)
    assert first.with_future in ("side 1, strength 1", "side -1, strength 1")
    centred = check(seeded.rule(seeded.LOOKING["a centred window"])).violations[0]
    assert centred.ahead in range(1, 6)


def test_a_scaler_fitted_on_all_rows_is_found(check: Callable[..., Verdict]) -> None:
    assert {"cut", "changed"} <= kinds(check(seeded.SCALER))


def test_an_hour_joined_before_it_has_closed_is_found_and_by_its_close_is_right(check: Callable[..., Verdict]) -> None:
    wrong = check(seeded.HOURLY, "unclosed")
    assert {"cut", "changed"} <= kinds(wrong)
    right = check(seeded.HOURLY, "closed", most=400)
    assert right.violations == []
    assert right.signals > 3


def test_a_close_used_at_its_own_open_is_found(check: Callable[..., Verdict]) -> None:
    verdict = check(seeded.AT_OPEN, "own_close")
    assert {"cut", "changed"} <= kinds(verdict)
    assert min(each.ahead for each in verdict.violations if each.ahead) == 1
    for kind in ("cut", "changed"):
        assert max(each.bars for each in verdict.violations if each.kind == kind) > MOST // 2


def test_the_last_close_at_the_next_open_is_right_and_said_to_be_dated_oddly(check: Callable[..., Verdict]) -> None:
    verdict = check(seeded.AT_OPEN, "last_close")
    assert verdict.violations == []
    assert "dated by the row of the bar that comes next" in verdict.notes[0]


def test_a_signal_that_comes_later_than_it_could_is_right(check: Callable[..., Verdict]) -> None:
    verdict = check(seeded.AT_OPEN, "delayed")
    assert (verdict.violations, verdict.notes) == ([], [])
    assert verdict.signals > MOST // 2


def test_what_was_seen_in_an_earlier_run_is_no_help(check: Callable[..., Verdict]) -> None:
    assert "cut" in kinds(check(seeded.REMEMBERING))


@pytest.mark.parametrize("name", ["as_it_runs", "if_it_can"])
def test_a_peek_at_a_file_is_found(name: str, check: Callable[..., Verdict], file: Path) -> None:
    verdict = check(seeded.PEEKING.replace("{file!r}", repr(str(file))), name)
    assert "files" in kinds(verdict)


def test_chance_is_not_the_same_twice(check: Callable[..., Verdict]) -> None:
    assert "unsteady" in kinds(check(seeded.RANDOM))


def test_what_says_nothing_where_it_is_checked_proves_nothing(check: Callable[..., Verdict]) -> None:
    with pytest.raises(BadInput, match="its first signal comes with --bars 501"):
        check(seeded.rule("return pl.Series([1.0 if i == 500 else 0.0 for i in range(len(close))])"))
    with pytest.raises(BadInput, match="says nothing in these 600 bars"):
        check(seeded.rule("return close * 0.0"))


def test_an_error_where_there_are_too_few_bars_is_no_look_ahead(check: Callable[..., Verdict]) -> None:
    verdict = check(
        seeded.rule("return (close - close[9]).sign() * (close.is_first_distinct() & (close.cum_count() > 10))")
    )
    assert verdict.violations == []
    assert "with 9 bars or fewer it raises an error" in verdict.notes[0]


def test_another_answer_or_an_error_only_with_another_future_is_found(check: Callable[..., Verdict]) -> None:
    verdict = check(seeded.rule("return (close - close.shift(1)).sign() * (-1 if bars['volume'].max() > 1_000 else 1)"))
    (found,) = verdict.violations
    assert (found.kind, found.bar, found.bars) == ("changed", 2, MOST - 1)
    assert {found.with_future, found.without} == {"side 1, strength 1", "side -1, strength 1"}
    verdict = check(
        seeded.rule("return (close - close.shift(1)).sign() * (1 if bars['volume'].max() < 1_000 else 1 / 0)")
    )
    (found,) = verdict.violations
    assert (found.kind, found.bars, found.without) == ("changed", MOST, "an error")


def test_a_step_of_a_users_is_compared_at_every_bar(check: Callable[..., Verdict]) -> None:
    verdict = check(seeded.STEP)
    assert (verdict.violations, verdict.checked) == ([], 600)
    assert verdict.signals > 10


def test_a_step_that_remembers_an_earlier_run_is_found(check: Callable[..., Verdict]) -> None:
    assert {"cut", "unsteady"} <= kinds(check(seeded.REACHING, "earlier"))


def test_a_step_that_mixes_symbols_is_found(check: Callable[..., Verdict], several: History) -> None:
    assert "shared" in kinds(check(seeded.REACHING, "together", several))


def test_a_step_that_has_read_the_file_is_found(check: Callable[..., Verdict], file: Path) -> None:
    verdict = check(seeded.KNOWING.format(file=str(file)))
    assert kinds(verdict) == {"files"}
    assert "mine.py:6" in verdict.violations[0].without


@pytest.fixture
def several(tmp_path: Path, make_bars: MakeBars, kernels: Path) -> History:
    """Three symbols, and stretches that lack trades."""
    minutes(make_bars(6_000, seed=6), 3).write_parquet(tmp_path / "several.parquet")
    found = history(tmp_path / "several.parquet", None, kernels)
    found.bars["quality"][np.arange(len(found.bars)) // 50 % 7 == 3] = GAP
    return found


# What is done at a gap is the kernel's, the same for all.
BUILT_IN = [*(f"{maker.__name__}()" for maker in ALL), "crossover(on_gap=hold)", "crossover(on_gap=skip)"]


@pytest.mark.parametrize("text", BUILT_IN)
def test_every_built_in_one_passes_on_every_bar(text: str, several: History, kernels: Path) -> None:
    verdict = lookahead_of(text, several, kernels, MOST, lambda _done, _work: None)
    assert (verdict.violations, verdict.checked) == ([], 6_000)
    assert verdict.signals > 0


def test_the_other_future_is_another_one_at_the_same_times(several: History) -> None:
    bars = several.bars
    other = mirrored(bars, 3_000)
    assert other[:3_000].tobytes() == bars[:3_000].tobytes()
    for name in ("ts_event", "ts_open", "ts_close", "symbol"):
        assert (other[name] == bars[name]).all()
    for name in ("open", "high", "low", "close", "volume", "vwap", "trades"):
        assert (other[name][3_000:] != bars[name][3_000:]).mean() > 0.99, name
    assert (other["low"] <= np.minimum(other["open"], other["close"])).all()
    assert (other["high"] >= np.maximum(other["open"], other["close"])).all()
