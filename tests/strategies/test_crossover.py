"""Crossover on a path drawn by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.bank import Bank
from core.events import Batch
from strategies import crossover


def test_a_v_shaped_path_sells_once_and_buys_once(kernels: Path, make_bars: Callable[..., Batch]) -> None:
    path = np.concatenate([np.linspace(100, 110, 40), np.linspace(110, 90, 40), np.linspace(90, 120, 40)])
    bars = make_bars(len(path))
    bars["close"], bars["high"], bars["low"] = path, path + 0.1, path - 0.1
    bank = Bank((crossover(3, 8),), ("1s",), kernels)
    bank.grow(1)
    values, signals = bank(bars)
    assert signals["side"].tolist() == [-1.0, 1.0]
    assert np.all((signals["strength"] > 0) & (signals["strength"] <= 1))
    at = np.searchsorted(bars["ts_event"], signals["ts_event"])
    assert 40 < at[0] < 50
    assert 80 < at[1] < 90
    fast, slow = values["ema_3"], values["ema_8"]
    assert all((fast[i] - slow[i]) * (fast[i - 1] - slow[i - 1]) < 0 for i in at)
    assert signals["price"].tolist() == path[at].tolist()
    assert signals["seq"].tolist() == signals["seq_all"].tolist() == [1, 2]


def test_touching_without_crossing_says_nothing(kernels: Path, make_bars: Callable[..., Batch]) -> None:
    path = np.concatenate([np.linspace(100, 120, 60), np.full(400, 120.0), np.linspace(120, 140, 60)])
    bars = make_bars(len(path))
    bars["close"], bars["high"], bars["low"] = path, path, path
    bank = Bank((crossover(3, 8),), ("1s",), kernels)
    bank.grow(1)
    assert len(bank(bars)[1]) == 0
