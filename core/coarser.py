"""Coarser bars: those of a longer timeframe, made of those of a shorter one that divides it."""

import polars as pl

from core.events import TIMEFRAMES

# A bar is as good as the worst in it, as in the views of core/sql: from the best to the worst.
_DOUBT = ("complete", "corrected", "backfilled", "gap", "partial", "synthetic")


def bases(width: int) -> list[str]:
    """The timeframes that bars of `width` nanoseconds can be made of, the longest first."""
    return [name for name, each in reversed(TIMEFRAMES.items()) if each <= width and width % each == 0]


def edge(ts_event: int, width: int) -> int:
    """The beginning of the bar that one which closes at `ts_event` is part of."""
    return (ts_event - 1) // width * width


def coarser(bars: pl.DataFrame, timeframe: str, width: int) -> pl.DataFrame:
    """Bars of `width` nanoseconds, in order; `bars` has the columns of REST, times in nanoseconds, in any order.

    Whole buckets since 1970, UTC: of those in the last bucket the caller must know that no more will come. A bar has no
    number (`seq` 0), for it was never on the stream. Bars without trades are not invented.
    """
    opened = (pl.col("ts_event") - 1) // width * width
    doubt = pl.col("quality").cast(pl.String).replace_strict({name: i for i, name in enumerate(_DOUBT)})
    rows = bars.sort("ts_event").with_columns(opened.alias("ts_open"), doubt.alias("doubt"))
    closed = pl.col("ts_open") + width
    return (
        _grouped(rows)
        .select(
            "source",
            "symbol",
            pl.lit(timeframe).alias("timeframe"),
            "ts_open",
            closed.alias("ts_close"),
            closed.alias("ts_event"),
            "ts_recv",
            *("open", "high", "low", "close", "volume", "vwap", "trades"),
            pl.col("doubt").replace_strict(dict(enumerate(_DOUBT)), return_dtype=pl.String).alias("quality"),
            pl.lit(0, dtype=pl.Int64).alias("seq"),
        )
        .sort("ts_event", "symbol", "source")
    )


def _grouped(rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each bucket of bars in order of time."""
    traded = pl.col("volume") > 0
    weighted = (pl.col("vwap") * pl.col("volume")).sum() / pl.col("volume").sum()
    return rows.group_by("source", "symbol", "ts_open", maintain_order=True).agg(
        pl.col("ts_recv").max(),
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        pl.col("volume").sum(),
        pl.when(traded.any()).then(weighted).otherwise(pl.col("close").last()).alias("vwap"),
        pl.col("trades").sum(),
        pl.col("doubt").max(),
    )
