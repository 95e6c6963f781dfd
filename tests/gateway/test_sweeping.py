"""`candela sweep` as people run it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import psutil
import pytest
from polars.testing import assert_frame_equal

from tests.command import CLEAN, ROOT
from tests.services.sweeps.made import frame, walk

pytestmark = pytest.mark.timeout(300)  # kernels are compiled
OVER = ("--over", "period=4..7", "--terms", "commission=1bps")


@pytest.fixture
def file(tmp_path: Path, kernels: Path) -> Path:
    """Bars of three days, and a data folder with kernels that are compiled already."""
    frame(walk(4_000)).write_parquet(tmp_path / "walk.parquet")
    (tmp_path / "kernels").symlink_to(kernels)
    return tmp_path / "walk.parquet"


def command(file: Path, *arguments: str, strategy: str = "momentum") -> list[str]:
    here = [sys.executable, "-m", "gateway.cli", "sweep", strategy, str(file)]
    return [*here, *arguments, "--data", str(file.parent)]


def candela(file: Path, *arguments: str, strategy: str = "momentum") -> subprocess.CompletedProcess[str]:
    line = command(file, *arguments, strategy=strategy)
    return subprocess.run(line, check=False, capture_output=True, text=True, timeout=280, cwd=ROOT, env=CLEAN)


def test_a_sweep_as_a_table_as_json_and_as_parquet(file: Path) -> None:
    single = file.parent / "mine.parquet"
    told = candela(file, *OVER, "--json", "--out", str(single))
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    table = pl.read_parquet(single)
    assert_frame_equal(table, pl.read_parquet(Path(found["folder"]) / "results.parquet"))
    assert (found["points"], found["left_out"], found["broken_off"]) == (4, 0, False)
    best = table.row(table["sharpe"].arg_max() or 0, named=True)
    assert found["best"]["parameters"] == {"period": best["period"]}
    assert found["best"]["sharpe"] == best["sharpe"] < 0
    assert found["verdict"]["within_chance"]
    assert Path(found["heat_map"]).read_text().count("<title>") == 4
    shown = candela(file, *OVER)
    assert shown.returncode == 0, shown.stderr
    assert "momentum by sharpe: the best of 4" in shown.stdout
    assert "within chance" in " ".join(shown.stdout.split())
    assert str(best["trades"]) in shown.stdout.replace(",", "")


def test_killed_in_the_middle_it_goes_on_and_the_table_is_the_same(file: Path) -> None:
    whole, cut = file.parent / "whole", file.parent / "cut"
    assert candela(file, *OVER, "--out", str(whole)).returncode == 0
    with subprocess.Popen(command(file, *OVER, "--out", str(cut), "--cores", "2"), cwd=ROOT, env=CLEAN) as running:
        while not list(cut.glob("*/part-*.parquet")):
            assert running.poll() is None
            time.sleep(0.001)
        children = psutil.Process(running.pid).children(recursive=True)
        running.kill()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert (bool(children), alive) == (True, [])
    assert not list(cut.glob("*/results.parquet"))
    kept = {part: part.stat().st_mtime_ns for part in cut.glob("*/part-*.parquet")}
    assert candela(file, *OVER, "--out", str(cut)).returncode == 0
    assert kept.items() <= {part: part.stat().st_mtime_ns for part in cut.glob("*/part-*.parquet")}.items()
    one, other = (pl.read_parquet(next(folder.glob("*/results.parquet"))) for folder in (whole, cut))
    assert_frame_equal(one, other, check_exact=True)


def test_ctrl_c_keeps_what_is_done_and_says_so(file: Path) -> None:
    line = command(file, *OVER, "--json", "--cores", "2")
    with subprocess.Popen(line, cwd=ROOT, env=CLEAN, stdout=subprocess.PIPE, text=True) as running:
        while not list(file.parent.glob("sweeps/*/part-*.parquet")):
            assert running.poll() is None
            time.sleep(0.001)
        children = psutil.Process(running.pid).children(recursive=True)
        os.kill(running.pid, signal.SIGINT)
        told = json.loads(running.communicate(timeout=60)[0])
    assert running.returncode == 130
    assert told["broken_off"]
    assert 1 <= told["points"] < 4
    assert psutil.wait_procs(children, timeout=20)[1] == []


@pytest.mark.parametrize("how", [("--walk-forward", "1000/1000"), ("--walk-forward", "18h/1d"), ("--folds", "3")])
def test_what_was_chosen_is_tried_elsewhere(file: Path, how: tuple[str, str]) -> None:
    told = candela(file, *OVER, *how, "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    tried = pl.read_parquet(Path(found["folder"]) / "out_of_sample.parquet")
    assert (len(found["folds"]), found["points"]) == (3, 12)
    assert found["out_of_sample"]["end_equity"] == tried["equity"][-1]
    assert "best" not in found
    assert [each["from"] for each in found["folds"]] == tried.group_by("fold", maintain_order=True).first()[
        "ts_event"
    ].to_list()
    shown = candela(file, *OVER, *how)
    assert shown.returncode == 0, shown.stderr
    assert "momentum: chosen, and then tried" in shown.stdout
    assert "all that was tried, one after another: sharpe" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--over", "perod=4..8"], "found 'perod=4..8', did you mean 'period'?"),
        (["--over", "period=4..8", "--by", "sharp"], "found 'sharp', did you mean 'sharpe'?"),
        (["--over", "period=4..8", "--terms", "comission=1"], "did you mean 'commission'"),
        (["--over", "period=4..8", "--ray", "127.0.0.1:1"], "there is no Ray cluster at '127.0.0.1:1'"),
    ],
)
def test_what_is_wrong_is_said(file: Path, arguments: list[str], sentence: str) -> None:
    told = candela(file, *arguments)
    assert told.returncode == (3 if "--ray" in arguments else 2)
    assert sentence in " ".join(told.stderr.split())
