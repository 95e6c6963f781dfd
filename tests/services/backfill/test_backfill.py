"""Backfills of real databases: a stream with holes and its history make what the stream without holes would have."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.events import Batch
from tests.services.backfill.made import BARS, MIDNIGHT, TICKS, VALUES, all_rows, history, holes, lived, merge, read


@pytest.mark.parametrize("seed", range(4))
def test_a_stream_with_holes_and_its_history_make_the_stream_without_holes(
    database: str, empty_database: str, tmp_path: Path, kernels: Path, seed: int
) -> None:
    trades = history(seed)
    lost = holes(trades, seed)
    lived(database, tmp_path / "whole", kernels, trades)
    lived(empty_database, tmp_path / "holed", kernels, trades[~lost])
    before = {row[:5]: row[5:] for row in read(empty_database, f"{BARS}, quality, seq, ts_recv", "market_bars")}
    done = merge(empty_database, tmp_path, kernels, [trades])

    assert read(empty_database, TICKS, "market_trades") == read(database, TICKS, "market_trades")
    assert read(empty_database, BARS, "market_bars") == read(database, BARS, "market_bars")
    after = {row[:5]: row[5:] for row in read(empty_database, f"{BARS}, quality, seq, ts_recv", "market_bars")}
    changed = {key for key, row in before.items() if after[key][:7] != row[:7]}
    new = after.keys() - before.keys()
    assert len(changed) > 50
    assert {seconds for _, seconds, *_ in changed} == {1, 5, 60, 3600, 86400}
    for key, row in after.items():
        if key in new:
            assert row[7] == "backfilled"
            assert row[8] < 0
        elif key in changed:
            assert row[7:] == ("corrected", *before[key][8:])
        else:
            assert row == before[key]
    was = {row[:5]: row[5:] for row in read(empty_database, f"{BARS}, quality, seq, ts_recv", "market_corrections")}
    assert was.keys() == changed | new
    for key, row in was.items():
        assert row == (before[key] if key in changed else (*[None] * 8, after[key][8], None))
    tallies = done.symbols.values()
    assert sum(each.inserted for each in tallies) == lost.sum() > 100
    assert (sum(each.bars_corrected for each in tallies), sum(each.bars_new for each in tallies)) == (
        len(changed),
        len(new),
    )
    for each in tallies:
        assert each.trades == each.known + each.inserted + each.refused + each.later + each.outside
    twice(empty_database, tmp_path, kernels, trades)


def twice(url: str, folder: Path, kernels: Path, trades: Batch) -> None:
    """Once more changes nothing."""
    rows = all_rows(url)
    again = merge(url, folder, kernels, [trades])
    assert all_rows(url) == rows
    for each in again.symbols.values():
        assert (each.inserted, each.bars_corrected, each.bars_new, each.withdrawn) == (0, 0, 0, 0)
        assert each.known + each.later == each.trades
