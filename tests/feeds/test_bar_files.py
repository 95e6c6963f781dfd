"""Bars from files as people have them, and what is wrong with others in a sentence."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import BadInput
from core.events import SECOND, TIMEFRAME_NAMES, Symbols
from feeds.bar_files import bars_of, has_bars

T0 = 1_700_006_400 * SECOND  # midnight
DAY = 86_400 * SECOND
PRICES = {"open": [1.0, 2.0, 3.0], "high": [2.0, 3.0, 4.0], "low": [0.5, 1.5, 2.5], "close": [1.5, 2.5, 3.5]}


def written(path: Path, columns: dict[str, object]) -> Path:
    frame = pl.DataFrame(columns)
    frame.write_parquet(path) if path.suffix == ".parquet" else frame.write_csv(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize(
    ("name", "times", "timeframe"),
    [
        ("ts_open", [T0, T0 + 60 * SECOND, T0 + 120 * SECOND], "1m"),
        ("Date", ["2023-11-15", "2023-11-16", "2023-11-17"], "1d"),
        ("timestamp", ["2023-11-15T00:00:00Z", "2023-11-15T01:00:00Z", "2023-11-15T02:00:00Z"], "1h"),
    ],
)
def test_times_of_any_kind_are_when_a_bar_opens(
    tmp_path: Path, suffix: str, name: str, times: list[object], timeframe: str
) -> None:
    path = written(tmp_path / f"ACME{suffix}", {name: times, **PRICES, "volume": [10, 20, 30]})
    symbols = Symbols(grows=True)
    assert has_bars(path)
    bars = bars_of(path, symbols)
    assert symbols.names == ["ACME"]
    assert bars["ts_open"][0] == T0
    assert TIMEFRAME_NAMES[bars["timeframe"][0]] == timeframe
    assert (bars["ts_event"] - bars["ts_open"]).tolist() == np.diff(bars["ts_open"]).tolist()[:1] * 3
    for price, values in PRICES.items():
        assert bars[price].tolist() == values
    assert bars["volume"].tolist() == [10, 20, 30]
    assert bars["vwap"].tolist() == PRICES["close"]


def test_several_symbols_come_in_order_of_their_closes(tmp_path: Path) -> None:
    columns = {
        "Time": [T0 + DAY, T0, T0, T0 + DAY],
        "symbol": ["B", "B", "A", "A"],
        **{name.upper(): [*values, values[0]] for name, values in PRICES.items()},
    }
    symbols = Symbols(grows=True)
    bars = bars_of(written(tmp_path / "x.csv", columns), symbols)
    assert symbols.names == ["B", "A"]
    assert TIMEFRAME_NAMES[bars["timeframe"][0]] == "1d"
    found = bars[["symbol", "ts_open", "open"]].tolist()
    assert found == [(0, T0, 2.0), (1, T0, 3.0), (0, T0 + DAY, 1.0), (1, T0 + DAY, 1.0)]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"open": [1.0]}, "missing high, low, close, found open"),
        (PRICES, "missing a time (ts_open, time, timestamp, datetime, date, t)"),
        ({"time": [1, 2, 3], **PRICES, "low": [0.5, 2.2, 2.5]}, "row 2: expected a time and 0 < low <= open, close"),
        ({"time": [T0] * 3, **PRICES}, "expected one bar a symbol and moment"),
        ({"time": [T0], **{name: values[:1] for name, values in PRICES.items()}}, "expected two bars of a symbol"),
        ({"time": [T0, T0 + 7200 * SECOND, T0 + 14400 * SECOND], **PRICES}, "some that open 7200 seconds apart"),
        ({"time": ["soon"] * 3, **PRICES}, "column time: expected nanoseconds, datetimes or RFC 3339 text"),
        ({"time": [T0, T0 + 1, T0 + 2], **PRICES, "close": ["a", "b", "c"]}, "column close: expected numbers"),
    ],
)
def test_what_is_no_table_of_bars_is_said(tmp_path: Path, columns: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput) as error:
        bars_of(written(tmp_path / "x.csv", columns), Symbols(grows=True))
    assert sentence in str(error.value)


def test_a_file_that_is_not_there_or_no_table_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="found no file"):
        bars_of(tmp_path / "none.csv", Symbols(grows=True))
    (tmp_path / "x.parquet").write_text("no")
    with pytest.raises(BadInput, match="is not a readable table"):
        has_bars(tmp_path / "x.parquet")
    assert not has_bars(Path(__file__))
