"""A history that takes trades back or corrects them."""

from pathlib import Path

import numpy as np
import pytest

from core.events import SECOND
from tests.core.troubled import changes, standing
from tests.services.backfill.made import BARS, TICKS, history, holes, lived, merge, read


@pytest.mark.parametrize("heard", [True, False])
def test_what_a_history_takes_back_or_corrects_is_merged_as_it_is_now_and_what_the_stream_has_stays(
    database: str, empty_database: str, tmp_path: Path, kernels: Path, heard: bool
) -> None:
    """`heard`: the stream had its venue's word; otherwise its trades are as they were."""
    trades, random = history(11), np.random.default_rng(11)
    trades["trade_id"] += 1  # 0 is none
    lost = holes(trades, 11)
    made = changes(trades, random, 0.05, SECOND)
    unheard = [each for each in made if lost[trades["trade_id"] == each[1]["trade_id"][0] % 1_000_000].any()]
    assert len(unheard) > 10
    whole = standing(trades, made if heard else unheard)
    ours = np.isin(whole["trade_id"] % 1_000_000, trades["trade_id"][~lost])
    lived(database, tmp_path / "whole", kernels, whole)
    lived(empty_database, tmp_path / "holed", kernels, whole[ours])
    merge(empty_database, tmp_path, kernels, [trades, *(batch for _, batch in made)])
    assert read(empty_database, TICKS, "market_trades") == read(database, TICKS, "market_trades")
    assert read(empty_database, BARS, "market_bars") == read(database, BARS, "market_bars")
