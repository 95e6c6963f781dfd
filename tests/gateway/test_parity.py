"""`candela check parity` by its real command, over recorded sessions that were replayed."""

import json
from pathlib import Path

import pytest

from core.records import files
from tests.command import run
from tests.services.test_parity import flip

ROOT = Path(__file__).parents[2]
FRAMES = ROOT / "tests/feeds/frames/binance.txt"
DATA = ROOT.parent / "shared/data"
SESSIONS = (
    "binance/spot_btcusdt_20240808.gz",
    "binance/spot_btcusdt_20240809.gz",
    "binance/usdm_btcusdt_20240808.gz",
    "coinbase/frames.txt",
)


def replayed(folder: Path, session: Path) -> Path:
    """The journal of a session's replay."""
    done = run("replay", str(session), "--data", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    return folder / "journal/replay"


@pytest.mark.skipif(not DATA.is_dir(), reason="the recorded sessions are not on this machine")
@pytest.mark.parametrize("session", SESSIONS)
def test_recorded_sessions_are_identical(folder: Path, session: str) -> None:
    replayed(folder, DATA / session)
    done = run("check", "parity", "--data", str(folder), "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    told = json.loads(done.stdout)
    assert told["verdict"] == "identical"
    assert told["again"]["bars"]["rows"] == told["again"]["bars"]["rows_again"] > 40
    assert told["again"]["values"]["sha256"] == told["again"]["values"]["sha256_again"]
    (own,) = told["runs"]
    assert own["kernel"] == own["kernel_again"]
    assert set(own["versions"]) == {"candela", "python", "numpy", "numba"}
    assert own["by_finished_bars"]["values"]["rows"] == told["again"]["bars"]["rows"]


def test_a_session_in_which_a_bit_is_changed_is_different(folder: Path) -> None:
    journal = replayed(folder, FRAMES)
    there = [str(path) for _, path in files(journal)]
    good = run("check", "parity", *there)
    assert good.returncode == 0, good.stderr
    assert "identical" in good.stdout
    flip(files(journal), "bars", 0, 72)
    bad = run("check", "parity", "--journal", str(journal), "--json")
    assert bad.returncode == 1
    told = json.loads(bad.stdout)
    assert (told["verdict"], told["again"]["bars"]["differ"]) == ("different", 1)
    assert "volume was" in told["again"]["bars"]["first"]


def test_wrong_input_is_a_sentence(folder: Path, tmp_path: Path) -> None:
    for arguments, said in (
        (["--data", str(folder)], "expected one journal, found none in"),
        (["--journal", str(tmp_path)], "expected a journal's files (*.journal) in"),
        ([str(FRAMES)], "expected a file of a journal, found something else in"),
        ([str(tmp_path / "none")], "found no file"),
    ):
        done = run("check", "parity", *arguments)
        assert done.returncode == 2
        assert said in " ".join(done.stderr.split())
