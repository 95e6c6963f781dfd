"""Bars from a file: CSV or Parquet with a time and open, high, low, close, as most sources of history give them.

The time is when a bar opens: a column ts_open, time, timestamp, datetime, date or t, as RFC 3339 text, a day, a
datetime, or nanoseconds. volume, vwap and symbol may be there. Names may have capitals. How long a bar is shows in the
times.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from core.errors import BadInput
from core.events import BAR, COMPLETE, SECOND, TIMEFRAME_NAMES, TIMEFRAMES, VENUE, Batch, Symbols
from feeds.columns import numbers, times

_TIMES = ("ts_open", "time", "timestamp", "datetime", "date", "t")
_PRICES = ("open", "high", "low", "close")


def has_bars(path: Path) -> bool:
    """Whether a file is a table of bars; BadInput when it cannot be read."""
    name = path.name.removesuffix(".gz")
    return name.endswith((".csv", ".parquet")) and set(_PRICES) <= set(_columns(path))


def bars_of(path: Path, symbols: Symbols) -> Batch:
    """The bars of a file in order of their closes, of one timeframe; BadInput. New symbols are added to `symbols`."""
    columns = _columns(path)
    when = next((name for name in _TIMES if name in columns), None)
    missing = [name for name in _PRICES if name not in columns]
    if when is None or missing:
        wanted = ", ".join(missing) or f"a time ({', '.join(_TIMES)})"
        raise BadInput(f"{path}: expected columns of bars; missing {wanted}, found {', '.join(columns.values())}")
    try:
        frame = _scanned(path).rename({given: name for name, given in columns.items()}).collect()
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"{path} is not a readable table: {error}") from None
    if frame.is_empty():
        raise BadInput(f"expected bars, found a table without rows in {path}")
    return _rows(path, frame, when, symbols)


def _rows(path: Path, frame: pl.DataFrame, when: str, symbols: Symbols) -> Batch:
    bars = np.zeros(len(frame), dtype=BAR)
    bars["ts_open"] = times(path, _dated(frame[when]))
    names = frame["symbol"].cast(pl.String).fill_null("") if "symbol" in frame.columns else None
    name = path.name.partition(".")[0]
    bars["symbol"] = symbols.id(name) if names is None else _numbered(names, symbols)
    for price in _PRICES:
        bars[price] = numbers(path, frame[price], pl.Float64, float("nan"))
    for other, default in (("volume", 0.0), ("vwap", float("nan"))):
        bars[other] = numbers(path, frame[other], pl.Float64, default) if other in frame.columns else default
    bars["vwap"] = np.where(np.isnan(bars["vwap"]), bars["close"], bars["vwap"])
    _sound(path, bars)
    timeframe = _timeframe(path, bars)
    bars["ts_event"] = bars["ts_close"] = bars["ts_recv"] = bars["ts_open"] + TIMEFRAMES[timeframe]
    bars["timeframe"], bars["closed"] = TIMEFRAME_NAMES.index(timeframe), 1
    bars["quality"], bars["origin"] = COMPLETE, VENUE
    return bars.take(np.lexsort((bars["symbol"], bars["ts_event"])))


def _numbered(names: pl.Series, symbols: Symbols) -> pl.Series:
    ids = {name: symbols.id(name) for name in names.unique(maintain_order=True)}
    return names.replace_strict(ids, return_dtype=pl.Int64)


def _dated(column: pl.Series) -> pl.Series:
    """Days as moments; those of a CSV come as text."""
    if column.dtype == pl.String and column.str.len_chars().max() == 10:
        return column.str.to_date(strict=False).cast(pl.Datetime("ns", "UTC"))
    return column.cast(pl.Datetime("ns", "UTC")) if column.dtype == pl.Date else column


def _sound(path: Path, bars: Batch) -> None:
    low, high = bars["low"], bars["high"]
    sound = (bars["ts_open"] > 0) & (low > 0) & (high < np.inf) & (bars["volume"] >= 0)
    for name in ("open", "close"):
        sound &= (low <= bars[name]) & (bars[name] <= high)
    if not sound.all():
        row = int(np.argmin(sound))
        found = ", ".join(f"{name} {bars[name][row]:g}" for name in _PRICES)
        raise BadInput(f"{path}, row {row + 1}: expected a time and 0 < low <= open, close <= high; found {found}")


def _timeframe(path: Path, bars: Batch) -> str:
    """As long as there mostly is between the opens of a symbol's bars; BadInput when bars are never so long."""
    order = np.lexsort((bars["ts_open"], bars["symbol"]))
    steps, same = np.diff(bars["ts_open"][order]), np.diff(bars["symbol"][order]) == 0
    apart = steps[same]
    if not len(apart):
        raise BadInput(f"{path}: expected two bars of a symbol or more, to see how long a bar is")
    if not apart.min():
        raise BadInput(f"{path}: expected one bar a symbol and moment, found two that open at one")
    usual = int(np.median(apart))
    found = next((name for name, width in TIMEFRAMES.items() if width == usual), None)
    if found is None:
        raise BadInput(
            f"{path}: expected bars of {', '.join(TIMEFRAMES)}; found some that open {usual / SECOND:g} seconds apart"
        )
    return found


def _scanned(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path) if path.name.endswith(".parquet") else pl.scan_csv(path, try_parse_dates=False)


def _columns(path: Path) -> Mapping[str, str]:
    """Its columns by their names in small letters."""
    if not path.is_file():
        raise BadInput(f"expected a file of history, found no file {path}")
    try:
        return {name.lower().strip(): name for name in _scanned(path).collect_schema().names()}
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(f"{path} is not a readable table: {error}") from None
