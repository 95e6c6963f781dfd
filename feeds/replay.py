"""Recorded sessions as a feed: venue frames, CSV and Parquet.

Frames: as feeds/recording.py has them.
CSV and Parquet: columns ts_event, symbol, price, size (and ts_recv, trade_id, side) for trades, or ts_event, symbol,
bid, bid_size, ask, ask_size (and ts_recv) for quotes; times are integers in nanoseconds, datetimes, or RFC 3339 text.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

from core.errors import BadFrame, BadInput
from core.events import QUOTE, SECOND, TRADE, Batch, Symbols, joined
from core.log import logger
from feeds.clock import VenueClock
from feeds.columns import numbers, times
from feeds.recording import head, lines
from feeds.stats import FeedStats

_PART = 1 << 17  # rows of a table in memory at a time
_TOGETHER = 2_000  # rows of one kind that may form a batch at full speed
_SPAN = 50_000_000  # nanoseconds a batch may span: as often as the clock speaks
_TRADES = ("price", "size")
_QUOTES = ("bid", "bid_size", "ask", "ask_size")


class ReplayFeed:
    """Batches of a recorded file, time rows included, so that bars close where they would have closed live.

    `speed` 0 is as fast as possible, 1 the original pace, N N times as fast. New symbols are added to `symbols`.
    """

    def __init__(
        self,
        path: Path,
        symbols: Symbols,
        *,
        speed: float = 0.0,
        close_delay: int = 100_000_000,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.stats = FeedStats()
        self._batches = session(path, symbols, self.stats)
        self._speed = speed
        self._sleep = sleep
        self._clock = VenueClock(close_delay)
        self._closing = False

    def close(self) -> None:
        """End the iteration after the batch that is under way."""
        self._closing = True

    async def __aiter__(self) -> AsyncIterator[Batch]:
        began, first = time.monotonic(), 0
        for batch in self._batches:
            if self._closing:
                break
            ts_recv = int(batch["ts_recv"][0])
            first = first or ts_recv
            await self._wait(began, ts_recv - first)
            row = self._clock.row(ts_recv)
            if row is not None:
                yield row
            self._clock.observe(batch)
            self.stats.count(batch)
            yield batch

    async def _wait(self, began: float, elapsed: int) -> None:
        ahead = elapsed / SECOND / self._speed - (time.monotonic() - began) if self._speed > 0 else 0.0
        await self._sleep(max(ahead, 0.0))  # even at full speed: let others have the loop


def session(path: Path, symbols: Symbols, stats: FeedStats) -> Iterator[Batch]:
    """The batches of a recorded file, in its order; BadInput when it is not one we can read."""
    if not path.is_file():
        raise BadInput(f"expected a recorded session, found no file {path}")
    name = path.name.removesuffix(".gz")
    if name.endswith((".csv", ".parquet")):
        return _together(_table(path, symbols))
    return _together(_frames(path, symbols, stats))


def _frames(path: Path, symbols: Symbols, stats: FeedStats) -> Iterator[Batch]:
    venue = head(path).venue
    for ts_recv, frame in lines(path):
        stats.frames += 1
        try:
            decoded = venue.decode(frame, symbols, ts_recv)
        except BadFrame as error:
            stats.bad_frames += 1
            logger().warning("bad_frame", file=str(path), frame=stats.frames, reason=str(error))
            continue
        stats.refused.update(decoded.refused)
        for broken in stats.sequences.follow(decoded, numbered=venue.numbered):
            logger().warning("sequence_break", file=str(path), frame=stats.frames, **asdict(broken))
        yield from decoded.batches
    if stats.frames == 0:
        raise BadInput(f"expected a recorded session, found an empty file {path}")


def _table(path: Path, symbols: Symbols) -> Iterator[Batch]:
    """A table's rows, a part of it in memory at a time."""
    empty = True
    try:
        lazy = pl.scan_parquet(path) if path.name.endswith(".parquet") else pl.scan_csv(path, try_parse_dates=False)
        dtype, prices = _kind_of(path, lazy.collect_schema().names())
        for frame in lazy.collect_batches(chunk_size=_PART, maintain_order=True):
            if not frame.is_empty():
                empty = False
                yield _rows(path, frame, dtype, prices, symbols)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(f"{path} is not a readable {path.suffix.removeprefix('.')} file: {error}") from None
    if empty:
        raise BadInput(f"expected a recorded session, found a table without rows in {path}")


def _kind_of(path: Path, columns: Sequence[str]) -> tuple[np.dtype[np.void], tuple[str, ...]]:
    """Trades or quotes, and the numbers they must have."""
    dtype, prices = (TRADE, _TRADES) if "price" in columns else (QUOTE, _QUOTES)
    missing = [name for name in ("ts_event", "symbol", *prices) if name not in columns]
    if missing:
        raise BadInput(
            f"{path}: expected columns ts_event, symbol and {', '.join(_TRADES)} (or {', '.join(_QUOTES)}); "
            f"missing {', '.join(missing)}, found {', '.join(columns)}"
        )
    return dtype, prices


def _rows(path: Path, frame: pl.DataFrame, dtype: np.dtype[np.void], prices: Sequence[str], symbols: Symbols) -> Batch:
    batch = np.zeros(len(frame), dtype=dtype)
    batch["ts_event"] = times(path, frame["ts_event"])
    batch["ts_recv"] = times(path, frame["ts_recv"]) if "ts_recv" in frame.columns else batch["ts_event"]
    names = frame["symbol"].cast(pl.String).fill_null("")
    ids = {name: symbols.id(name) for name in names.unique(maintain_order=True)}
    batch["symbol"] = names.replace_strict(ids, return_dtype=pl.Int64).to_numpy()
    for name in prices:
        batch[name] = numbers(path, frame[name], pl.Float64, float("nan"))
    for name in ("trade_id", "side"):
        if name in frame.columns and dtype is TRADE:
            batch[name] = numbers(path, frame[name], pl.Int64 if name == "trade_id" else pl.Int32, 0)
    return batch


def _together(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Neighbouring rows of one kind as one batch, within a span of time and a number of rows."""
    held: list[Batch] = []
    size, until = 0, 0
    for batch in batches:
        for part in _cut(batch):
            joins = held and held[0].dtype is part.dtype and size + len(part) <= _TOGETHER
            if held and not (joins and part["ts_recv"][-1] <= until):
                yield joined(held)
                held, size = [], 0
            if not held:
                until = int(part["ts_recv"][0]) + _SPAN
            held.append(part)
            size += len(part)
    if held:
        yield joined(held)


def _cut(batch: Batch) -> Iterator[Batch]:
    """A long batch in pieces that span no more than the clock's step."""
    if len(batch) == 1:
        yield batch
    elif len(batch):
        edges = np.flatnonzero(np.diff(batch["ts_recv"] // _SPAN)) + 1
        yield from np.split(batch, edges)
