"""Stored history, as a backtest takes it. Apart from `backtests`, for files of history need no database's library."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from core.errors import BadInput
from core.events import BAR, QUALITIES, TIMEFRAME_NAMES
from core.frames import Frames
from core.paging import Span
from services.trading.backtests import History


def stored(frames: Frames, symbols: Sequence[str], timeframe: str, span: Span) -> History:
    """The closed bars that are stored, of one source; BadInput where there are none."""
    frame = frames.bars(symbols, timeframe, start=span[0], end=span[1])
    if frame.is_empty():
        raise BadInput(f"expected bars of {timeframe} of {', '.join(symbols)}, found none stored in that time")
    names, bars = tuple(dict.fromkeys(symbols)), np.zeros(len(frame), dtype=BAR)
    for name in ("ts_event", "ts_open", "ts_close"):
        bars[name] = frame[name].dt.epoch("ns")
    for name in ("seq", "open", "high", "low", "close", "volume", "vwap", "trades"):
        bars[name] = frame[name]
    bars["symbol"] = frame["symbol"].cast(pl.String).replace_strict({name: i for i, name in enumerate(names)})
    bars["quality"] = frame["quality"].cast(pl.String).replace_strict({name: i for i, name in enumerate(QUALITIES)})
    bars["timeframe"], bars["closed"], bars["ts_recv"] = TIMEFRAME_NAMES.index(timeframe), 1, bars["ts_event"]
    return History(bars.take(np.lexsort((bars["symbol"], bars["ts_event"]))), names, timeframe)
