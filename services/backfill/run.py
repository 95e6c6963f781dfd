"""A backfill: a history through the checks, then merged into the database, a transaction for each symbol's day."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray

from core.bank import Bank
from core.engine import Engine
from core.errors import BadInput, StoreDown, nearest, one_line
from core.events import SECOND, TIMEFRAME_NAMES, Batch, Symbols, joined
from core.moments import EVER
from core.schema import migrate, query
from services.backfill.merging import DAY, Merged, Span, changed, merged, rebuilt, standing, within
from services.backfill.sifting import sift
from services.backfill.spill import Spill
from services.backfill.stored import SECONDS, Stored
from services.backfill.tally import ARCHIVED, UNTOLD, Asked, Backfilled, Report

_LOOK_S = 0.1
_GRACE = 5 * SECOND  # how much later than others a trade may reach us


def backfill(
    batches: Iterable[Batch], symbols: Symbols, asked: Asked, *, report: Report, stop: threading.Event
) -> Backfilled:
    """Merge the trades of `batches` into what is stored of their symbols' source; BadInput, StoreDown.

    Run again it does what is left to do, whatever became of the run before; nothing, if nothing is.
    """
    with _connected(asked.url) as connection, Spill(asked.folder) as spill:
        migrate(connection)
        _check_source(connection, symbols.source)
        timeframes = _timeframes(connection, symbols.source)
        sieve = Engine(symbols, timeframes or ("1m",), (), asked.kernels, bars="venue")
        done = sift(batches, sieve, spill, report=report, stop=stop)
        done.span = _span(asked, done.span)
        _wait_for_others(connection, report, stop)
        done.settled = _settled(connection, symbols.source, asked.close_delay)
        bank = Bank((), timeframes, asked.kernels) if timeframes else None
        _Backfill(connection, symbols, spill, done, bank, asked.dry_run).run(report, stop)
    done.stopped = stop.is_set()
    return done


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise StoreDown(
            f"cannot reach the database: {one_line(error)}; check CANDELA__STORE__URL and run it again, what was merged"
            " stays merged"
        ) from None


def _check_source(connection: psycopg.Connection, source: str) -> None:
    known = [name for (name,) in connection.execute(query("sources"))]
    if source not in known:
        raise BadInput(
            f"expected a source that something is stored of ({', '.join(known) or 'there is none yet'}), found"
            f" {source!r}{nearest(source, known)}; `candela replay` stores a recording under a new name"
        )


def _timeframes(connection: psycopg.Connection, source: str) -> tuple[str, ...]:
    """Those of the bars that are made of the stream."""
    given = {"source": source, "timeframes": list(SECONDS)}
    found = connection.execute(query("bar_timeframes"), given).fetchall()
    return tuple(TIMEFRAME_NAMES[SECONDS.index(seconds)] for (seconds,) in found)


def _settled(connection: psycopg.Connection, source: str, close_delay: int) -> int:
    """The moment before which all that the stream brought is stored, and its bars are closed.

    Rows are stored in the order they came: a trade that happened well before the newest of them did is there, if we
    ever had it, and a bar that ended well before is closed. What is younger may still be on its way.
    """
    ((reached,),) = connection.execute(query("stream_reached"), {"source": source}).fetchall()
    return EVER[0] if reached is None else int(reached) - close_delay - _GRACE


def _span(asked: Asked, spanned: Span) -> Span:
    if asked.start is not None and asked.end is not None and asked.start >= asked.end:
        raise BadInput(f"expected a start before the end, found {asked.start} and {asked.end} (nanoseconds)")
    return spanned[0] if asked.start is None else asked.start, spanned[1] if asked.end is None else asked.end


def _wait_for_others(connection: psycopg.Connection, report: Report, stop: threading.Event) -> None:
    """The lock of all who change old rows; it goes with the connection, however that ends."""
    while connection.execute(query("old_rows_lock")).fetchone() != (True,):
        report("waiting for another backfill or archive", 0, 0)
        if stop.wait(_LOOK_S):
            return


@dataclass
class _Backfill:
    """A sifted history on its way into the database. `bank` makes the bars, where the stream has any."""

    connection: psycopg.Connection
    symbols: Symbols
    spill: Spill
    done: Backfilled
    bank: Bank | None
    dry_run: bool

    def run(self, report: Report, stop: threading.Event) -> None:
        """The newest days first: numbers go down, and rise with time over all of them."""
        units = [(stored, symbol, day) for symbol, stored in self._of_symbols() for day in self._days(symbol, stored)]
        for count, (stored, symbol, day) in enumerate(units):
            if stop.is_set():
                return
            report(f"merging {stored.name}", count, len(units))
            trades = self.spill.read(symbol, day)
            with self.connection.transaction(force_rollback=self.dry_run):
                self._merge(stored, trades, day)
        report("merging", len(units), len(units))

    def _of_symbols(self) -> Iterator[tuple[int, Stored]]:
        """Those the history has trades of. A new one gets its id by itself: the store may wait for the same name."""
        cursor = self.connection.cursor()
        for symbol, name in enumerate(self.symbols.names):
            if not self.spill.days(symbol):
                continue
            given = {"source": self.symbols.source, "names": [name]}
            if not self.dry_run:
                cursor.execute(query("intern_symbols"), given)
            ids: dict[str, int] = dict(cursor.execute(query("symbol_ids"), given).fetchall())
            yield symbol, Stored(cursor, self.symbols.source, name, ids.get(name, 0))

    def _days(self, symbol: int, stored: Stored) -> list[int]:
        """Days that have trades in the history, or a gap that it spans; the newest first."""
        days = set(self.spill.days(symbol))
        start, end = self._wanted
        for gap in stored.gaps((start, end)) if start < end else ():
            if not gap.filled:
                days.update(range(max(gap.start, start) // DAY * DAY, min(gap.end, end), DAY))
        return sorted(days, reverse=True)

    @property
    def _wanted(self) -> Span:
        return self.done.span[0], min(self.done.span[1], self.done.settled)

    def _merge(self, stored: Stored, trades: Batch, day: int) -> None:
        tally, start, end = self.done.symbols[stored.name], *self._wanted
        there = stored.trades((day, day + DAY))
        trades = self._standing(stored, trades, there)
        asked = within(trades, self.done.span)
        tally.outside += len(trades) - len(asked)
        span = max(day, start), min(day + DAY, end)
        history = within(asked, span)
        tally.later += len(asked) - len(history)
        if span[0] >= span[1]:
            return
        if stored.archived((day, day + DAY)):
            self.done.refuse(tally, ARCHIVED, len(history))
            return
        history = history[np.argsort(history["ts_event"], kind="stable")]
        history["symbol"] = 0
        result = merged(history, there, stored.gaps(span), span, stored.gone((day, day + DAY)))
        self._write(stored, result, span)
        tally.known += result.known
        tally.inserted += len(result.missing)
        tally.withdrawn += len(result.doubled)
        self.done.refuse(tally, UNTOLD, result.untold)
        there = there[~np.isin(there["seq"], result.doubled["seq"])]
        unheard = [there["ts_event"][there["seq"] < 0], result.missing["ts_event"], result.doubled["ts_event"]]
        if any(len(each) for each in unheard):
            self._rebuild(stored, joined([there, result.missing]), np.concatenate(unheard), day)

    def _standing(self, stored: Stored, trades: Batch, there: Batch) -> Batch:
        amendments = self.done.amendments.get(self.symbols.id(stored.name))
        if amendments is None:
            return trades
        left = standing(trades, amendments, there)
        self.done.symbols[stored.name].taken_back += len(trades) - len(left)
        return left

    def _write(self, stored: Stored, result: Merged, span: Span) -> None:
        stored.remove_trades(result.doubled)
        stored.add_trades(result.missing)
        for part in result.filled:
            stored.fill(part)
        if result.beside:
            stored.note(span, result.beside)

    def _rebuild(self, stored: Stored, trades: Batch, unheard: NDArray[np.int64], day: int) -> None:
        """The bars that hold what the stream never had. It would have closed the others itself, or will."""
        if self.bank is None:
            return
        frames = [TIMEFRAME_NAMES.index(name) for name in self.bank.timeframes]
        newest = stored.closed(frames)
        closed = {frame: max(newest.get(frame, 0), self.done.settled) for frame in frames}
        bars = changed(rebuilt(self.bank, trades), stored.bars((day, day + DAY), frames), unheard, closed)
        stored.change_bars(bars)
        tally = self.done.symbols[stored.name]
        tally.bars_new += len(bars.new)
        tally.bars_corrected += len(bars.after)
        tally.bars_waiting += bars.waiting
