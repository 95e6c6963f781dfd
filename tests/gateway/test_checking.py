"""`candela check` and strategies from files as people run them."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.events import SECOND, Batch
from tests.strategies import seeded

pytestmark = pytest.mark.timeout(400)  # each command compiles a kernel

ROOT = Path(__file__).parents[2]
T0 = 20_000 * 86_400 * SECOND


def candela(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway.cli", *arguments, "--data", str(folder / "data")]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=110, cwd=folder, env=environment
    )


@pytest.fixture
def folder(tmp_path: Path, make_bars: Callable[..., Batch]) -> Path:
    """A folder of a user's: bars of a minute, and strategies."""
    bars = make_bars(3_000, seed=8)
    columns = {name: bars[name] for name in ("open", "high", "low", "close", "volume")}
    pl.DataFrame({"time": T0 + np.arange(len(bars)) * 60 * SECOND, **columns}).write_csv(tmp_path / "bars.csv")
    (tmp_path / "mine.py").write_text(seeded.STEP)
    (tmp_path / "frames.py").write_text(seeded.AT_OPEN)
    (tmp_path / "endless.py").write_text(seeded.ENDLESS)
    return tmp_path


def test_a_backtest_of_a_step_and_of_a_frame_strategy_from_files(folder: Path) -> None:
    told = candela(folder, "backtest", "./mine.py:breakout(20, 2.0)", "bars.csv", "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["strategy"] == "./mine.py:breakout(20, 2.0)"
    assert found["trades"] > 10
    shown = candela(folder, "backtest", "./frames.py:delayed", "bars.csv")
    assert shown.returncode == 0, shown.stderr
    assert "./frames.py:delayed() on 1m bars" in shown.stdout
    assert "`candela check lookahead ./frames.py:delayed bars.csv` tells whether it looked ahead" in shown.stdout
    wrong = candela(folder, "backtest", "./mine.py:breakout(1)", "bars.csv")
    assert (wrong.returncode, "mine.py:28: period must be a whole number" in wrong.stderr) == (2, True)


def test_a_line_is_shown_as_it_is_written(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "wrong.py").write_text("x = [1][/b]\n")
    wrong = candela(folder, "check", "lookahead", "sub/../sub/wrong.py", "bars.csv")
    assert (wrong.returncode, "sub/wrong.py:1: invalid syntax: x = [1][/b]" in wrong.stderr) == (2, True), wrong.stderr


def test_look_ahead_is_shown_and_the_exit_code_is_one(folder: Path) -> None:
    shown = candela(folder, "check", "lookahead", "./frames.py:own_close", "bars.csv", "--bars", "200")
    assert shown.returncode == 1, shown.stderr
    for sentence in (
        "at each of a symbol's first 200 bars, 200 of 3,000 (--bars for more): ",
        "without the later bars it says something else",
        "first at bar 1 of bars, closed 2024-10-04 00:01",
        "without               nothing",
        "it changes with 1 later bar",
    ):
        assert sentence in shown.stdout
    told = candela(folder, "check", "lookahead", "./frames.py:own_close", "bars.csv", "--bars", "200", "--json")
    found = json.loads(told.stdout)
    assert (told.returncode, found["clean"], found["checked"], found["bars"]) == (1, False, 200, 3_000)
    assert {each["kind"] for each in found["violations"]} == {"cut", "changed"}


def test_what_is_clean_is_said_to_be(folder: Path) -> None:
    shown = candela(folder, "check", "lookahead", "./mine.py", "bars.csv")
    assert (shown.returncode, "at each of the 3,000 bars: " in shown.stdout) == (0, True), shown.stderr
    assert "the same without what came later, bit for bit" in shown.stdout
    told = candela(folder, "check", "lookahead", "crossover(12, 26)", "bars.csv", "--json")
    assert (told.returncode, json.loads(told.stdout)["clean"]) == (0, True), told.stderr
    wrong = candela(folder, "check", "lookahead", "./mine.py:brakeout", "bars.csv")
    assert (wrong.returncode, "did you mean 'breakout'" in wrong.stderr) == (2, True)


def test_warm_up_as_a_table_and_as_json(folder: Path) -> None:
    shown = candela(folder, "check", "warmup", "crossover(12, 26)", "bars.csv")
    assert shown.returncode == 0, shown.stderr
    assert "of history in front, and all signals are those of an uninterrupted run" in shown.stdout
    told = candela(folder, "check", "warmup", "./endless.py", "bars.csv", "--json")
    found = json.loads(told.stdout)
    assert (told.returncode, found["settles"], found["rows"]) == (1, False, None)
    shown = candela(folder, "check", "warmup", "./endless.py", "bars.csv")
    assert shown.returncode == 1
    assert "total never settles here: it keeps something of its first rows" in shown.stdout
    assert "total declares a warm-up of 3 rows, its first value comes after 0" in shown.stdout


def test_settings_run_a_strategy_from_a_file(folder: Path) -> None:
    (folder / "candela.toml").write_text('[market]\nindicators = []\nstrategies = ["./mine.py:breakout(20)"]\n')
    told = candela(folder, "warmup", "--json")
    assert told.returncode == 0, told.stderr
    assert "breakout_20_0p5" in json.loads(told.stdout)["nodes"]
    (folder / "candela.toml").write_text('[market]\nstrategies = ["./frames.py:delayed"]\n')
    wrong = candela(folder, "warmup")
    assert (wrong.returncode, "cannot run live" in wrong.stderr) == (2, True)
