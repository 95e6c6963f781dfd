"""Arrow answers: a page as an IPC stream, which pyarrow, polars, DuckDB and pandas read without parsing a number."""

from io import BytesIO

import polars as pl

from core.archive import MOMENT

MEDIA_TYPE = "application/vnd.apache.arrow.stream"


def arrow_of(page: pl.DataFrame) -> bytes:
    """The stream's bytes; times, nanoseconds in `page`, are moments in UTC."""
    whole = BytesIO()
    moments = page.with_columns(pl.col("^ts_.*$").cast(MOMENT))
    moments.write_ipc_stream(whole, compat_level=pl.CompatLevel.oldest())  # newer layouts are unknown to older readers
    return whole.getvalue()
