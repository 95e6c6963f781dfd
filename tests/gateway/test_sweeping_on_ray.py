"""`candela sweep --ray`: the same command on a cluster, started and ended by the test."""

import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import psutil
import pytest
from polars.testing import assert_frame_equal

from tests.command import CLEAN as CLEAN_ENVIRON
from tests.command import ROOT
from tests.services.sweeps.made import frame, walk

# A token of its own: otherwise Ray takes, or makes, one in the home of whoever runs the tests.
CLEAN = {**CLEAN_ENVIRON, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
pytestmark = pytest.mark.timeout(300)  # a cluster starts, kernels are compiled


def free_port() -> int:
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        return int(there.getsockname()[1])


@pytest.fixture
def cluster() -> Iterator[str]:
    """A cluster of this machine, of two cores, without a dashboard; its address."""
    folder, port = Path(tempfile.mkdtemp(prefix="ray")), free_port()  # its sockets need a short name
    line = [str(Path(sys.executable).parent / "ray"), "start", "--head", "--block", "--num-cpus=2"]
    line += [f"--port={port}", "--node-ip-address=127.0.0.1", f"--temp-dir={folder}", "--include-dashboard=false"]
    line += ["--object-store-memory=100000000", "--disable-usage-stats", "--min-worker-port=0", "--max-worker-port=0"]
    log = (folder / "log.txt").open("w")
    env = {**CLEAN, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(line, cwd=ROOT, env=env, stdout=log, stderr=log)
    family: list[psutil.Process] = []
    try:
        while "Ray runtime started" not in (folder / "log.txt").read_text():
            assert running.poll() is None, (folder / "log.txt").read_text()
            time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        family = psutil.Process(running.pid).children(recursive=True) if running.poll() is None else []
        running.terminate()
        running.wait(60)
        for left in psutil.wait_procs(family, timeout=20)[1]:
            left.kill()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)
    assert not [
        each for each in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(each.info["cmdline"] or ())
    ]


def test_a_sweep_runs_unchanged_on_a_cluster_and_bears_the_death_of_a_worker(
    cluster: str, tmp_path: Path, kernels: Path
) -> None:
    frame(walk(30_000)).write_parquet(tmp_path / "walk.parquet")
    (tmp_path / "kernels").symlink_to(kernels)
    line = [sys.executable, "-m", "gateway.cli", "sweep", "momentum", str(tmp_path / "walk.parquet")]
    line += ["--over", "period=4..7", "--terms", "commission=1bps", "--data", str(tmp_path)]
    with subprocess.Popen([*line, "--out", str(tmp_path / "there"), "--ray", cluster], cwd=ROOT, env=CLEAN) as running:
        killed = 0
        while running.poll() is None:
            if not killed and (worker := working()):
                worker.kill()
                killed = worker.pid
            time.sleep(0.001)
    assert (running.returncode, killed > 0) == (0, True)
    done = subprocess.run([*line, "--out", str(tmp_path / "here")], check=False, cwd=ROOT, env=CLEAN)
    assert done.returncode == 0
    here, there = (pl.read_parquet(next((tmp_path / each).glob("*/results.parquet"))) for each in ("here", "there"))
    assert_frame_equal(here, there, check_exact=True)
    assert len(here) == 4


def working() -> psutil.Process | None:
    """A worker of our cluster that has one of our blocks."""
    for each in psutil.process_iter(["name", "cmdline"]):
        if (each.info["cmdline"] or [""])[0].startswith("ray::_done"):
            return each
    return None
