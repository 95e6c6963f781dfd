"""One symbol in the database, as a backfill reads and changes it; every change within the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from core.copying import Layout
from core.events import BAR, TIMEFRAME_NAMES, TIMEFRAMES, TRADE, Batch
from core.moments import behind, moment
from core.ports import Catalogue
from core.schema import query
from core.tables import LAYOUTS, Ids
from services.backfill.merging import Bars, Filled, Gap, Span

_OF_SECONDS = {width // TIMEFRAMES["1s"]: frame for frame, width in enumerate(TIMEFRAMES.values())}
SECONDS = tuple(_OF_SECONDS)

_BAR_COLUMNS = dict(LAYOUTS["bars"].types)
_NO_VALUES = ("ts_recv", "trades", "open", "high", "low", "close", "volume", "vwap", "quality")
_BEFORE = Layout("corrections", _BAR_COLUMNS)
_NOTHING_BEFORE = Layout("corrections", {name: kind for name, kind in _BAR_COLUMNS.items() if name not in _NO_VALUES})


@dataclass
class Stored:
    """A symbol's trades, bars and gaps. In batches given and taken the symbol is 0."""

    cursor: psycopg.Cursor
    source: str
    name: str
    symbol_id: int

    def __post_init__(self) -> None:
        nothing = np.empty(0, dtype=np.int64)
        self._ids = Ids(Catalogue(self.source, (self.name,), ()), np.array([self.symbol_id]), nothing, nothing)

    def trades(self, span: Span) -> Batch:
        return self._read("trades", TRADE, span)

    def gone(self, span: Span) -> NDArray[np.int64]:
        """The ids of trades that were taken back or corrected."""
        return np.array([each for (each,) in self._ask("gone_trades", start=span[0], end=span[1])], dtype=np.int64)

    def bars(self, span: Span, frames: Sequence[int]) -> Batch:
        """Our own bars of these timeframes that lie in `span`."""
        return self._read("bars", BAR, span, timeframes=[SECONDS[frame] for frame in frames])

    def closed(self, frames: Sequence[int]) -> dict[int, int]:
        """The end of the newest bar that the stream closed, by timeframe."""
        found = self._ask("closed_bars", timeframes=[SECONDS[frame] for frame in frames])
        return {_OF_SECONDS[seconds]: ts_close for seconds, ts_close in found}

    def gaps(self, span: Span) -> list[Gap]:
        """Those that touch `span`."""
        return [Gap(*row) for row in self._ask("gaps", start=span[0], end=span[1])]

    def archived(self, span: Span) -> bool:
        """Whether rows of `span` have been moved into the archive: they are stored, but not here."""
        ((files,),) = self._ask("archived_within", start=span[0], end=span[1])
        return bool(files)

    def add_trades(self, trades: Batch) -> None:
        """Trades in order of time, numbered below all that were merged earlier."""
        self._number("trades", trades)
        self._copy(LAYOUTS["trades"], "trades", trades)

    def remove_trades(self, trades: Batch) -> None:
        if len(trades):
            self.cursor.execute(query("remove_trades"), self._given(_around(trades), seqs=trades["seq"].tolist()))

    def change_bars(self, bars: Bars) -> None:
        """New bars in, changed ones replaced, and how it was before written down."""
        new, before, after = bars.new, bars.before, bars.after
        for frame in np.unique(new["timeframe"]):
            own = np.flatnonzero(new["timeframe"] == frame)
            own = own[np.argsort(new["ts_close"][own])]
            part = new[own]
            self._number(f"bars.{TIMEFRAME_NAMES[frame]}", part)
            new[own] = part
        if len(before):
            old = {"closes": before["ts_close"].tolist(), "seqs": before["seq"].tolist()}
            old["timeframes"] = [SECONDS[frame] for frame in before["timeframe"]]
            self.cursor.execute(query("remove_bars"), self._given(_around(before), **old))
        for layout, batch in (
            (LAYOUTS["bars"], new),
            (LAYOUTS["bars"], after),
            (_BEFORE, before),
            (_NOTHING_BEFORE, new),
        ):
            self._copy(layout, "bars", batch)

    def fill(self, part: Filled) -> None:
        """Note that this part of a gap is filled; what is left of the gap stays one, or two."""
        gap = part.gap
        for start, end in ((gap.start, part.start), (part.end, gap.end)):
            if start < end:
                self.cursor.execute(query("split_gap"), {"id": gap.id, "start": start, "end": end})
        filled = {"id": gap.id, "start": part.start, "end": part.end, "rows": part.rows}
        self.cursor.execute(query("fill_gap"), filled)

    def note(self, span: Span, rows: int) -> None:
        """Note a gap that nobody had noted, now that it is filled."""
        given = {"symbol_id": self.symbol_id, "start": span[0], "end": span[1], "rows": rows}
        self.cursor.execute(query("filled_gap"), given)

    def _number(self, channel: str, batch: Batch) -> None:
        if len(batch):
            ((lowest,),) = self._ask("numbers_below", channel=channel, rows=len(batch))
            batch["seq"] = lowest + np.arange(len(batch))

    def _copy(self, layout: Layout, kind: str, batch: Batch) -> None:
        if len(batch):
            with self.cursor.copy(layout.statement) as copy:
                for piece in layout.encode(*self._ids.columns(kind, batch)):
                    copy.write(piece)

    def _read(self, kind: str, dtype: np.dtype[np.void], span: Span, **more: Any) -> Batch:  # Any: SQL parameters
        copied = bytearray()
        statement = f"COPY ({query(f'day_{kind}')}\n) TO STDOUT (FORMAT BINARY)"
        with self.cursor.copy(statement, self._given(span, **more)) as copy:
            for piece in copy:
                copied += piece
        table = LAYOUTS[kind].decode(copied)
        batch = np.zeros(len(table), dtype=dtype)
        for name in set(dtype.names or ()) - {"symbol", "timeframe", "closed"}:
            batch[name] = table[name]
        if dtype is BAR:
            batch["timeframe"] = [_OF_SECONDS[seconds] for seconds in table["timeframe"].tolist()]
            batch["closed"] = 1
        return batch

    def _ask(self, name: str, **given: Any) -> list[tuple[Any, ...]]:  # Any: SQL parameters, a row of any columns
        return self.cursor.execute(query(name), {"symbol_id": self.symbol_id, **given}).fetchall()

    def _given(self, span: Span, **more: Any) -> dict[str, Any]:  # Any: SQL parameters
        start, end = span
        times = {"from": moment(start), "to": behind(end), "start": start, "end": end}
        return {"symbol_id": self.symbol_id, **times, **more}


def _around(rows: Batch) -> Span:
    return int(rows["ts_event"].min()), int(rows["ts_event"].max()) + 1
