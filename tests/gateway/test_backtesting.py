"""`candela backtest` as people run it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.events import SECOND, TIMEFRAMES, Batch

ROOT = Path(__file__).parents[2]
T0 = 20_000 * 86_400 * SECOND


def candela(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway.cli", "backtest", *arguments, "--data", str(folder)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=110, cwd=ROOT)


@pytest.fixture
def file(tmp_path: Path, make_bars: Callable[..., Batch]) -> Path:
    """Two weeks of bars of a minute."""
    bars = make_bars(20_000, seed=8)
    columns = {name: bars[name] for name in ("open", "high", "low", "close", "volume")}
    pl.DataFrame({"time": T0 + np.arange(len(bars)) * 60 * SECOND, **columns}).write_parquet(tmp_path / "ACME.parquet")
    return tmp_path / "ACME.parquet"


def test_a_strategy_over_bars_as_a_table_and_as_json(tmp_path: Path, file: Path) -> None:
    terms = "cash=10000, commission=2bps, spread=1bps, shorts=no"
    told = candela(tmp_path, "crossover(12, 26)", str(file), "--terms", terms, "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert (found["strategy"], found["timeframe"], found["symbols"]) == ("crossover(12, 26)", "1m", ["ACME"])
    assert (found["bars"], found["from"]) == (20_000, T0 + 60 * SECOND)
    assert found["end_equity"] == pytest.approx(10_000 * (1 + found["total_return"]))
    assert found["trades"] > 100
    assert found["fees"] > 0
    shown = candela(tmp_path, "crossover(12, 26)", str(file), "--html", str(tmp_path / "page.html"))
    assert shown.returncode == 0, shown.stderr
    assert f"{found['trades']}" in (tmp_path / "page.html").read_text()
    assert "charts are in" in shown.stdout
    assert "crossover(12, 26) on 1m bars" in shown.stdout
    assert "buy and hold" in shown.stdout
    assert "trading cost nothing here" in shown.stdout


def test_trades_are_made_into_bars_of_the_timeframe_that_is_asked_for(
    tmp_path: Path, make_trades: Callable[..., Batch]
) -> None:
    trades = make_trades(20_000, symbols=2, seconds=3_000)
    columns = {name: trades[name] for name in ("ts_event", "price", "size")}
    names = np.array(["A", "B"])[trades["symbol"]]
    pl.DataFrame({**columns, "symbol": names}).write_csv(tmp_path / "trades.csv")
    told = candela(tmp_path, "momentum(10)", str(tmp_path / "trades.csv"), "--timeframe", "5s", "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    span = 3_000 * SECOND // TIMEFRAMES["5s"]
    assert span < found["bars"] <= 2 * span
    assert sorted(found["symbols"]) == ["A", "B"]
    assert found["trades"] > 10


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["crosover(12, 26)", "{file}"], "did you mean 'crossover'"),
        (["crossover(12, 26)", "{file}", "--timeframe", "5m"], "has bars of 1m, not of 5m"),
        (["crossover(12, 26)", "{file}", "--timeframe", "7m"], "expected a timeframe out of 1s"),
        (["crossover(12, 26)", "{file}", "--terms", "comission=1"], "did you mean 'commission'"),
        (["crossover(12, 26)", "none.csv"], "found no file none.csv"),
    ],
)
def test_what_is_wrong_is_said_and_the_exit_code_is_two(
    tmp_path: Path, file: Path, arguments: list[str], sentence: str
) -> None:
    told = candela(tmp_path, *(each.format(file=file) for each in arguments))
    assert told.returncode == 2
    assert sentence in " ".join(told.stderr.split())


@pytest.mark.parametrize(
    ("module", "heavy"),
    [("gateway.cli", {"numba", "polars", "psycopg", "pandas"}), ("services.trading.backtests", {"psycopg", "pandas"})],
)
def test_nothing_is_loaded_that_a_verb_does_not_need(module: str, heavy: set[str]) -> None:
    """Each costs a quarter of a second before the first result."""
    code = f"import sys, {module}; print(*{heavy!r} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert run.stdout.split() == []
