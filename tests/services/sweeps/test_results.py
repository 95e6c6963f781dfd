"""Results: what a sweep keeps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core.errors import Unavailable
from services.trading.sweeps.evaluated import FIGURES
from services.trading.sweeps.results import Results, name_of

SCHEMA: Mapping[str, Any] = {"fold": pl.Int32, "period": pl.Int64, "share": pl.Float64, **FIGURES}


def rows(*points: tuple[int, int, float]) -> pl.DataFrame:
    made = [{"fold": fold, "period": period, "share": share, "sharpe": share} for fold, period, share in points]
    return pl.DataFrame(made, schema=dict(SCHEMA), orient="row")


def test_what_was_kept_is_there_the_next_time_and_what_was_half_written_is_not(tmp_path: Path) -> None:
    first = Results(tmp_path, {"a": 1}, SCHEMA)
    first.add(rows((0, 5, 0.1), (0, 6, 0.1 + 0.2)))
    first.add(rows((1, 5, 0.1)))
    first.close()
    (first.folder / "part-000007.partial").write_bytes(b"PAR1 and no more")
    again = Results(tmp_path, {"a": 1}, SCHEMA)
    assert again.folder == first.folder
    asked = [(1, {"period": 5, "share": 0.1}), (0, {"period": 7, "share": 0.1}), (0, {"period": 6, "share": 0.3})]
    assert [each in again for each in asked] == [True, False, False]  # 0.1 + 0.2 is not 0.3
    wanted = [*asked[:2], (0, {"period": 6, "share": 0.1 + 0.2})]
    again.add(rows((0, 8, 0.5)))
    table = again.table(wanted)
    assert table.select("point", "fold", "period", "sharpe").rows() == [(0, 1, 5, 0.1), (2, 0, 6, 0.1 + 0.2)]
    assert len(list(again.folder.glob("part-*.parquet"))) == 3
    assert not list(again.folder.glob("*.partial"))
    again.close()


def test_another_sweep_has_another_folder(tmp_path: Path) -> None:
    assert name_of({"a": 1, "b": [1.5]}) == name_of({"b": [1.5], "a": 1}) != name_of({"a": 1, "b": [1.25]})
    one, other = Results(tmp_path, {"a": 1}, SCHEMA), Results(tmp_path, {"a": 2}, SCHEMA)
    one.add(rows((0, 5, 0.1)))
    assert (0, {"period": 5, "share": 0.1}) not in other
    assert other.table([]).is_empty()
    one.close()
    other.close()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    held = Results(tmp_path, {"a": 1}, SCHEMA)
    with pytest.raises(Unavailable, match="running already"):
        Results(tmp_path, {"a": 1}, SCHEMA)
    held.close()
    Results(tmp_path, {"a": 1}, SCHEMA).close()
