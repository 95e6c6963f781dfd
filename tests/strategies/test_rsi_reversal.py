"""RSI reversal on a path drawn by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.bank import Bank
from core.events import Batch
from strategies import rsi_reversal


def test_a_fall_and_a_rebound_buys_when_the_index_is_back(kernels: Path, make_bars: Callable[..., Batch]) -> None:
    steps = np.concatenate([np.tile([0.5, -0.5], 20), np.full(15, -1.0), np.full(15, 1.0), np.full(15, -1.0)])
    path = 100 + np.cumsum(steps)
    bars = make_bars(len(path))
    bars["close"] = path
    bank = Bank((rsi_reversal(14, 30.0, 70.0),), ("1s",), kernels)
    bank.grow(1)
    values, signals = bank(bars)
    index = values["rsi_14"]
    up = [i for i in range(1, len(path)) if index[i - 1] < 30 <= index[i]]
    down = [i for i in range(1, len(path)) if index[i - 1] > 70 >= index[i]]
    assert len(up) == 1 <= len(down) + 1
    at = np.searchsorted(bars["ts_event"], signals["ts_event"]).tolist()
    assert at == sorted(up + down)
    bottom = index[14 : up[0]].min()
    np.testing.assert_allclose(signals["strength"][0], (30 - bottom) / 30)
