"""Frames: whole ranges of the store and its archive as polars frames, for research, backtests and Arrow answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import polars as pl

from core.archive import MOMENT
from core.derived import Derived
from core.errors import BadInput
from core.events import ORIGINS, QUALITIES
from core.paging import Span, asked
from core.ranges import Ranges

_COLUMNS = {
    "trades": ("ts_event", "seq", "price", "size", "side"),
    "quotes": ("ts_event", "seq", "bid", "bid_size", "ask", "ask_size"),
    "bars": (
        *("ts_event", "seq", "ts_open", "ts_close", "open", "high", "low", "close"),
        *("volume", "vwap", "trades", "quality"),
    ),
}
_MORE = {"trades": ("ts_recv", "trade_id"), "quotes": ("ts_recv",), "bars": ("ts_recv",)}


class Frames:
    """`trades`, `quotes`, `bars`: every row from `start` until before `end`, in order of ts_event, symbol, source, seq.

    Times are given in nanoseconds since 1970; a frame has them as moments in UTC. Of all symbols when none is named;
    of all sources when the name of none is given. Rows that were moved into the archive are read from its folder.
    BadInput for an unknown column or timeframe, StoreDown, Unavailable without the folder.
    """

    def __init__(self, url: str, source: str = "", *, archive: Path | None = None) -> None:
        self._source, self._ranges = source, Ranges(url, archive)
        self._derived = Derived(self._ranges)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._ranges.close()

    def trades(
        self, symbols: Sequence[str] = (), *, start: int | None = None, end: int | None = None, more: Sequence[str] = ()
    ) -> pl.DataFrame:
        """source, symbol, ts_event, seq, price, size, side, and `more` of ts_recv, trade_id."""
        return self._range("trades", symbols, (start, end), more)

    def quotes(
        self, symbols: Sequence[str] = (), *, start: int | None = None, end: int | None = None, more: Sequence[str] = ()
    ) -> pl.DataFrame:
        """source, symbol, ts_event, seq, bid, bid_size, ask, ask_size, and `more` of ts_recv."""
        return self._range("quotes", symbols, (start, end), more)

    def bars(
        self,
        symbols: Sequence[str],
        timeframe: str,
        *,
        start: int | None = None,
        end: int | None = None,
        origin: str = "engine",
        more: Sequence[str] = (),
    ) -> pl.DataFrame:
        """Closed bars: source, symbol, ts_event, seq, ts_open, ts_close, open, high, low, close, volume, vwap, trades,
        quality, and `more` of ts_recv. A timeframe that is not stored is made of a shorter one that is."""
        if origin not in ORIGINS:
            raise BadInput(f"expected an origin out of {', '.join(ORIGINS)}; found {origin!r}")
        return self._range("bars", symbols, (start, end), more, timeframe=timeframe, origin=origin)

    def _range(self, kind: str, symbols: Sequence[str], span: Span, more: Sequence[str], **equal: str) -> pl.DataFrame:
        unknown = set(more) - set(_MORE[kind])
        if unknown:
            raise BadInput(f"expected more columns out of {', '.join(_MORE[kind])}; found {', '.join(sorted(unknown))}")
        columns = (*_COLUMNS[kind], *dict.fromkeys(more))
        ask = asked(kind, symbols, span, 0, source=self._source, **equal)
        rows = self._ranges.rows(ask, columns)
        if kind == "bars" and not len(rows) and (made := self._derived.all(ask)) is not None:
            names, said = pl.col("source", "symbol").cast(pl.Categorical), pl.col("quality").cast(pl.Enum(QUALITIES))
            rows = made.with_columns(names, said).select("source", "symbol", *columns)
        return rows.with_columns(pl.col("^ts_.*$").cast(MOMENT))
