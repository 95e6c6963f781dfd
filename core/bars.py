"""Bars from trades: every timeframe of every symbol in one pass, and bars that time itself closes.

A bar covers [ts_open, ts_close) of the venue's clock, aligned to the epoch in UTC; it is closed by the first trade at
or after ts_close, or by a TIME row that reached ts_close. No trade, no bar: nothing is invented for a quiet interval.
The first bar of a symbol is `partial` when listening began after its ts_open.
A trade for a bar that is already closed is counted as late and leaves that bar alone; inside an open bar a trade
older than the last one counts for high, low and volume, and does not become its close.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.events import BAR, COMPLETE, ENGINE, PARTIAL, TIMEFRAME_NAMES, TIMEFRAMES, TRADE, Batch
from core.node import kernel

# A bar in the making. `trades == 0`: closed, and trades before ts_close are late.
_FORMING = np.dtype(
    [
        ("ts_open", "i8"),
        ("ts_close", "i8"),
        ("ts_last", "i8"),
        ("seq", "i8"),
        ("trades", "i8"),
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("notional", "f8"),
    ],
    align=True,
)

_NEVER = np.iinfo(np.int64).max


@kernel
def _close(b: Any, bar: Any, symbol: int, timeframe: int, ts_recv: int, born: int) -> None:
    """Write the forming bar `b` into the row `bar` and mark it closed. Any: records of _FORMING and BAR."""
    b.seq += 1
    bar.ts_event, bar.ts_recv, bar.seq = b.ts_close, ts_recv, b.seq
    bar.ts_open, bar.ts_close = b.ts_open, b.ts_close
    bar.open, bar.high, bar.low, bar.close = b.open, b.high, b.low, b.close
    bar.volume, bar.trades = b.volume, b.trades
    bar.vwap = b.notional / b.volume if b.volume > 0.0 else b.close
    bar.symbol, bar.timeframe, bar.closed = symbol, timeframe, 1
    bar.quality = PARTIAL if b.ts_open < born else COMPLETE
    bar.origin = ENGINE
    b.trades = 0


@kernel
def _add(b: Any, x: Any) -> None:
    """Count the trade `x` into the forming bar `b`. Any: records of _FORMING and TRADE."""
    b.high = max(b.high, x.price)
    b.low = min(b.low, x.price)
    if x.ts_event >= b.ts_last:
        b.close = x.price
        b.ts_last = x.ts_event
    b.trades += 1
    b.volume += x.size
    b.notional += x.size * x.price


@kernel
def _take(
    trades: Batch,
    forming: Batch,
    frames: NDArray[np.int64],
    widths: NDArray[np.int64],
    due: NDArray[np.int64],
    late: NDArray[np.int64],
    born: int,
    bars: Batch,
) -> int:
    n = 0
    for i in range(trades.shape[0]):
        x = trades[i]
        for lane in range(widths.shape[0]):
            b = forming[lane, x.symbol]
            if x.ts_event >= b.ts_close:
                if b.trades > 0:
                    _close(b, bars[n], x.symbol, frames[lane], x.ts_recv, born)
                    n += 1
                b.ts_open = x.ts_event - x.ts_event % widths[lane]
                b.ts_close = b.ts_open + widths[lane]
                b.ts_last = x.ts_event
                b.open = b.high = b.low = b.close = x.price
                b.volume = b.notional = 0.0
                due[lane] = min(due[lane], b.ts_close)
            elif b.trades == 0 or x.ts_event < b.ts_open:
                late[lane] += 1
                continue
            _add(b, x)
    return n


@kernel
def _pass(
    now: int,
    ts_recv: int,
    forming: Batch,
    frames: NDArray[np.int64],
    due: NDArray[np.int64],
    born: int,
    bars: Batch,
) -> int:
    n = 0
    for lane in range(frames.shape[0]):
        if now < due[lane]:
            continue
        due[lane] = _NEVER
        for symbol in range(forming.shape[1]):
            b = forming[lane, symbol]
            if b.trades == 0:
                continue
            if b.ts_close <= now:
                _close(b, bars[n], symbol, frames[lane], ts_recv, born)
                n += 1
            else:
                due[lane] = min(due[lane], b.ts_close)
    return n


class Bars:
    """Bars in the making for all symbols on some timeframes; `late` counts refused trades a timeframe."""

    def __init__(self, timeframes: tuple[str, ...]) -> None:
        self.frames = np.array([TIMEFRAME_NAMES.index(name) for name in timeframes], dtype=np.int64)
        self.widths = np.array([TIMEFRAMES[name] for name in timeframes], dtype=np.int64)
        self.forming: Batch = np.zeros((len(timeframes), 0), dtype=_FORMING)
        self.late = np.zeros(len(timeframes), dtype=np.int64)
        self.born = _NEVER  # the first moment we listened, on the venue's clock
        self._due = np.full(len(timeframes), _NEVER, dtype=np.int64)
        self._scratch: Batch = np.empty(0, dtype=BAR)
        self.take(np.empty(0, dtype=TRADE))  # compile before the first trade
        self.pass_time(0, 0)

    @staticmethod
    def sample(timeframe: str) -> Batch:
        """One bar as this makes them, of the first symbol, for trying things out."""
        bars = Bars((timeframe,))
        bars.grow(1)
        bars.take(np.array([(1, 1, 1, 1, 1.0, 1.0, 0, 0)], dtype=TRADE))
        return bars.pass_time(2 * int(bars.widths[0]), 1)

    def grow(self, symbols: int) -> None:
        """Make room for `symbols` symbols; what is there stays."""
        have = self.forming.shape[1]
        if symbols > have:
            grown = np.zeros((len(self.frames), symbols), dtype=_FORMING)
            grown[:, :have] = self.forming
            self.forming = grown

    def take(self, trades: Batch) -> Batch:
        """The bars that these trades closed. Trades must be checked: known symbol, finite price, positive time."""
        if self.born == _NEVER and len(trades):
            self.born = int(trades["ts_event"][0])
        bars = self._room(len(trades) * len(self.frames))
        count = _take(trades, self.forming, self.frames, self.widths, self._due, self.late, self.born, bars)
        return bars[:count].copy()

    def pass_time(self, now: int, ts_recv: int) -> Batch:
        """The bars that end at or before `now`, the venue's time."""
        if self.born == _NEVER and now > 0:
            self.born = now
        if not (self._due <= now).any():
            return self._scratch[:0]
        bars = self._room(self.forming.size)
        count = _pass(now, ts_recv, self.forming, self.frames, self._due, self.born, bars)
        return bars[:count].copy()

    def _room(self, rows: int) -> Batch:
        if len(self._scratch) < rows:
            self._scratch = np.empty(rows, dtype=BAR)
        return self._scratch
