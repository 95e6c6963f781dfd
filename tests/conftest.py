"""What tests in several folders share: compiled kernels, made-up market data, a real database."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from core.events import BAR, SECOND, TRADE, Batch
from core.postgres import Embedded
from tests.running import start
from tests.servers import Debian

__all__ = ["start"]

_ON_BOTH = {
    "test_alongside",
    "test_archive",
    "test_archive_killed",
    "test_backfill",
    "test_frames",
    "test_gaps",
    "test_history",
    "test_rollups",
    "test_schema",
    "test_store",
    "test_superseding",
}
START = 1_700_000_000 * SECOND


@pytest.fixture(scope="session")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled kernels of this test run: compiled once, shared by all tests and all its workers."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "kernels"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def folder(kernels: Path) -> Iterator[Path]:
    """A data folder that the database's own user can enter, with the kernels compiled so far."""
    path = Path(tempfile.mkdtemp(prefix="candela-data-"))
    path.chmod(0o755)
    (path / "kernels").symlink_to(kernels)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def make_bars() -> Callable[..., Batch]:
    """Random-walk bars: `make_bars(count, symbols=1, seed=0)`, symbols in random order, timeframe 1s."""

    def make(count: int, *, symbols: int = 1, seed: int = 0) -> Batch:
        random = np.random.default_rng(seed)
        bars = np.zeros(count, dtype=BAR)
        bars["close"] = 100 * np.exp(np.cumsum(random.normal(0, 1e-3, count)))
        bars["open"] = bars["close"] * (1 + random.normal(0, 1e-4, count))
        bars["high"] = np.maximum(bars["open"], bars["close"]) * (1 + random.random(count) * 1e-3)
        bars["low"] = np.minimum(bars["open"], bars["close"]) * (1 - random.random(count) * 1e-3)
        bars["volume"] = random.integers(1, 1000, count)
        bars["vwap"] = (bars["open"] + bars["close"]) / 2
        bars["ts_close"] = START + np.arange(1, count + 1) * SECOND
        bars["ts_open"] = bars["ts_close"] - SECOND
        bars["ts_event"] = bars["ts_recv"] = bars["ts_close"]
        bars["seq"] = np.arange(1, count + 1)
        bars["symbol"] = random.integers(0, symbols, count)
        bars["closed"] = 1
        return bars

    return make


@pytest.fixture
def make_trades() -> Callable[..., Batch]:
    """Random-walk trades in time order: `make_trades(count, symbols=1, seed=0, seconds=60)`."""

    def make(count: int, *, symbols: int = 1, seed: int = 0, seconds: float = 60) -> Batch:
        random = np.random.default_rng(seed)
        trades = np.zeros(count, dtype=TRADE)
        trades["price"] = 100 * np.exp(np.cumsum(random.normal(0, 1e-4, count)))
        trades["size"] = random.integers(1, 500, count)
        trades["ts_event"] = START + np.sort(random.integers(0, int(seconds * SECOND), count))
        trades["ts_recv"] = trades["ts_event"] + 150_000
        trades["trade_id"] = np.arange(1, count + 1)
        trades["symbol"] = random.integers(0, symbols, count)
        return trades

    return make


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What stores and reads is tested on both: the server from the wheel, and Debian's."""
    if "server" in metafunc.fixturenames and metafunc.module.__name__.split(".")[-1] in _ON_BOTH:
        metafunc.parametrize("server", ["embedded", "debian"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """A real PostgreSQL for this test run, from the wheel or Debian's; the URL of its maintenance database."""
    folder = Path(tempfile.mkdtemp(prefix="candela-test-"))  # not under pytest's own folder, which root keeps closed
    folder.chmod(0o755)
    running = Debian(folder) if getattr(request, "param", "") == "debian" else Embedded(folder)
    try:
        yield running.start()
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """An empty database of one's own; its URL."""
    with _made(server) as url:
        yield url


@pytest.fixture
def empty_database(server: str) -> Iterator[str]:
    """Another one."""
    with _made(server) as url:
        yield url


@contextmanager
def _made(server: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield server.replace("/postgres?", f"/{name}?")
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
