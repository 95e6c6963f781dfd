"""Columns of tables that people bring, as the numbers we keep."""

from pathlib import Path

import polars as pl

from core.errors import BadInput


def times(path: Path, column: pl.Series) -> pl.Series:
    """Moments in nanoseconds; 0 where there is none. BadInput."""
    try:
        if column.dtype == pl.String:
            column = column.str.to_datetime(time_unit="ns", time_zone="UTC", strict=True)
        if column.dtype.is_temporal():
            column = column.dt.cast_time_unit("ns")
        return column.cast(pl.Int64, strict=True).fill_null(0)
    except pl.exceptions.PolarsError as error:
        raise BadInput(
            f"{path}, column {column.name}: expected nanoseconds, datetimes or RFC 3339 text: {error}"
        ) from None


def numbers(path: Path, column: pl.Series, kind: type[pl.DataType], missing: float) -> pl.Series:
    """Numbers of a kind, and another where there is none. BadInput."""
    try:
        return column.cast(kind, strict=True).fill_null(missing)
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"{path}, column {column.name}: expected numbers: {error}") from None
