"""What a strategy does at bars that lack trades: flag, hold or skip, on one path with a crossing amid a gap."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.bank import Bank
from core.errors import BadInput
from core.events import COMPLETE, GAP, Batch
from strategies import ALL, strategy

MakeBars = Callable[..., Batch]


def run(kernels: Path, make_bars: MakeBars, text: str, gap: slice = slice(0)) -> tuple[Batch, Batch]:
    path = np.concatenate([np.linspace(100, 110, 40), np.linspace(110, 90, 40), np.linspace(90, 120, 40)])
    bars = make_bars(len(path))
    bars["close"], bars["high"], bars["low"], bars["quality"] = path, path + 0.1, path - 0.1, COMPLETE
    bars["quality"][gap] = GAP
    bank = Bank((strategy(text),), ("1s",), kernels)
    bank.grow(1)
    return bars, bank(bars)[1]


def test_a_crossing_amid_a_gap_is_flagged_held_or_seen_behind_it(kernels: Path, make_bars: MakeBars) -> None:
    bars, whole = run(kernels, make_bars, "crossover(3, 8)")
    assert set(whole["quality"]) == {COMPLETE}
    at = int(np.searchsorted(bars["ts_event"], whole["ts_event"][0]))
    gap = slice(at - 2, at + 4)
    _, flagged = run(kernels, make_bars, "crossover(3, 8)", gap)
    assert flagged["quality"].tolist() == [GAP, COMPLETE]
    assert flagged["ts_event"].tolist() == whole["ts_event"].tolist()
    _, held = run(kernels, make_bars, "crossover(3, 8, on_gap=hold)", gap)
    assert held["ts_event"].tolist() == whole["ts_event"][1:].tolist()
    _, skipped = run(kernels, make_bars, "crossover(3, 8, on_gap=skip)", gap)
    assert skipped["side"].tolist() == whole["side"].tolist()
    assert skipped["ts_event"].tolist() == [bars["ts_event"][at + 4], whole["ts_event"][1]]
    assert set(skipped["quality"]) == {COMPLETE}


@pytest.mark.parametrize("maker", ALL, ids=lambda maker: str(maker.__name__))
def test_every_strategy_can_be_told_and_says_what_it_was_told(maker: Callable[..., object]) -> None:
    node = strategy(f"{maker.__name__}(on_gap=hold)")
    assert (node.on_gap, strategy(maker.__name__ + "()").on_gap) == ("hold", "flag")
    assert node.name.endswith("_on_gap_hold")
    assert node.call.endswith("on_gap='hold')")
    assert strategy(node.call).name == node.name


def test_what_cannot_be_done_at_a_gap_is_said() -> None:
    with pytest.raises(BadInput, match="on_gap must be one of flag, hold, skip, was 'jump'"):
        strategy("crossover(on_gap=jump)")
