"""The engine: a function from a batch to the batches that follow from it.

Trades are checked, numbered and made into bars; closed bars go through the bank, which gives values and signals.
No I/O, no clock, no logging: time comes in as TIME rows, so live, replay and backtest are the same calls.
What the engine was given it never changes; what it gives is numbered per channel and symbol, without a hole.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.bank import Bank
from core.bars import Bars
from core.errors import BadInput
from core.events import BAR, QUOTE, SECOND, TIME, TRADE, Batch, Symbols
from core.node import Node, kernel
from core.ports import Catalogue, Described

REFUSED = ("unknown_symbol", "bad_price", "bad_size", "bad_time")
_AHEAD = 3600 * SECOND  # an event further ahead of our clock would hold back all later ones as late

_NO_BARS = np.empty(0, dtype=BAR)


@kernel
def _fault(symbol: int, ts_event: int, ts_recv: int, symbols: int) -> int:
    """Index into REFUSED of what is wrong with a row's symbol or time, or -1."""
    if symbol < 0 or symbol >= symbols:
        return 0
    return 3 if ts_event <= 0 or ts_event - ts_recv > _AHEAD else -1


@kernel
def _check_trades(rows: Batch, symbols: int, seq: NDArray[np.int64], refused: NDArray[np.int64], out: Batch) -> int:
    n = 0
    for i in range(rows.shape[0]):
        x = rows[i]
        fault = _fault(x.symbol, x.ts_event, x.ts_recv, symbols)
        if fault < 0 and not (x.price > 0.0 and x.price < np.inf):
            fault = 1
        if fault < 0 and not (x.size >= 0.0 and x.size < np.inf):
            fault = 2
        if fault >= 0:
            refused[fault] += 1
            continue
        seq[x.symbol] += 1
        out[n] = x
        out[n].seq = seq[x.symbol]
        n += 1
    return n


@kernel
def _check_quotes(rows: Batch, symbols: int, seq: NDArray[np.int64], refused: NDArray[np.int64], out: Batch) -> int:
    n = 0
    for i in range(rows.shape[0]):
        x = rows[i]
        fault = _fault(x.symbol, x.ts_event, x.ts_recv, symbols)
        if fault < 0 and not (x.bid >= 0.0 and x.bid < np.inf and x.ask >= 0.0 and x.ask < np.inf):
            fault = 1
        if fault < 0 and not (x.bid_size >= 0.0 and x.bid_size < np.inf and x.ask_size >= 0.0 and x.ask_size < np.inf):
            fault = 2
        if fault >= 0:
            refused[fault] += 1
            continue
        seq[x.symbol] += 1
        out[n] = x
        out[n].seq = seq[x.symbol]
        n += 1
    return n


class Engine:
    """`engine(batch)` gives the checked input and all that follows from it, as batches that are never changed.

    `bars="venue"` runs the bank over the venue's own bars instead of those made from trades.
    """

    def __init__(
        self,
        symbols: Symbols,
        timeframes: tuple[str, ...],
        nodes: tuple[Node, ...],
        folder: Path,
        *,
        bars: str = "trades",
    ) -> None:
        self.symbols = symbols
        self.timeframes = timeframes
        self.bank = Bank(nodes, timeframes, folder)
        self.bars = Bars(timeframes)
        self.refused = np.zeros(len(REFUSED), dtype=np.int64)
        self._made = bars == "trades"  # by us from trades, or by the venue
        self._seq = {kind: np.zeros(0, dtype=np.int64) for kind in ("trades", "quotes")}
        self._grow()
        for dtype in (TRADE, QUOTE):
            self(np.empty(0, dtype=dtype))  # compile before the first row comes
        self._warm_up()

    def _warm_up(self) -> None:
        """Make a bar and forget it: the first bar through machine code that has never run took 3 ms, the next 0.05."""
        bank = self.bank
        kept = bank.state.copy(), bank.seq.copy(), bank.seq_all.copy()
        bank(Bars.sample(self.timeframes[0]))
        bank.state[:], bank.seq[:], bank.seq_all[:] = kept

    def __call__(self, batch: Batch) -> tuple[Batch, ...]:
        if len(self.symbols) > len(self._seq["trades"]):
            self._grow()
        if batch.dtype is TRADE:
            checked = self._checked(_check_trades, batch, "trades")
            bars = self.bars.take(checked) if self._made else _NO_BARS
            return (checked, *self._follow(bars)) if len(checked) else ()
        if batch.dtype is QUOTE:
            checked = self._checked(_check_quotes, batch, "quotes")
            return (checked,) if len(checked) else ()
        if batch.dtype is TIME:
            return self._passed(batch)
        if batch.dtype is BAR:
            return self._venue(batch)
        raise BadInput(f"expected a batch of TRADE, QUOTE, BAR or TIME rows as in core.events, found {batch.dtype}")

    def _checked(self, check: Any, batch: Batch, kind: str) -> Batch:  # Any: a compiled function
        out = np.empty(len(batch), dtype=batch.dtype)
        count = check(batch, len(self.symbols), self._seq[kind], self.refused, out)
        return out[:count]

    def _passed(self, batch: Batch) -> tuple[Batch, ...]:
        ts_event, ts_recv = batch[-1].item()
        return self._follow(self.bars.pass_time(ts_event, ts_recv))

    def _follow(self, bars: Batch) -> tuple[Batch, ...]:
        """The bars, their values, and the signals they made."""
        if not len(bars):
            return ()
        values, signals = self.bank(bars)
        return (bars, values, signals) if len(signals) else (bars, values)

    def _venue(self, batch: Batch) -> tuple[Batch, ...]:
        known = (batch["symbol"] >= 0) & (batch["symbol"] < len(self.symbols))
        sound = known & (batch["low"] > 0) & (batch["high"] < np.inf) & (batch["low"] <= batch["high"])
        wanted = sound & (self.bank.lanes[batch["timeframe"]] >= 0)
        self.refused[0] += np.count_nonzero(~known)
        self.refused[1] += np.count_nonzero(known & ~sound)
        if self._made:
            kept = batch[sound]
            return (kept,) if len(kept) else ()
        bars = batch[wanted]
        lanes = self.bank.lanes[bars["timeframe"]]
        for row, lane, symbol in zip(bars, lanes, bars["symbol"], strict=True):
            self.bars.forming[lane, symbol]["seq"] += 1
            row["seq"] = self.bars.forming[lane, symbol]["seq"]
        return self._follow(bars)

    def _grow(self) -> None:
        room = max(16, len(self.symbols), min(2 * len(self._seq["trades"]), 2 * len(self.symbols)))
        for kind, seq in self._seq.items():
            self._seq[kind] = np.pad(seq, (0, room - len(seq)))
        self.bars.grow(room)
        self.bank.grow(room)

    @property
    def catalogue(self) -> Catalogue:
        """The names behind the integers in this engine's batches."""

        def described(node: Node) -> Described:
            return Described(node.name, node.call, node.columns, node.about)

        return Catalogue(
            source=self.symbols.source,
            symbols=tuple(self.symbols.names),
            timeframes=self.timeframes,
            indicators=tuple(described(node) for node in self.bank.indicators),
            strategies=tuple(described(node) for node in self.bank.strategies),
        )

    def resume(self, positions: Mapping[tuple[str, str], int]) -> None:
        """Go on numbering after `positions`: (channel, symbol) → the last number given, as the store keeps them."""
        for (channel, name), last in positions.items():
            counter, index = self._counter(channel)
            symbol = self.symbols.names.index(name) if name in self.symbols.names else -1
            if counter is not None and symbol >= 0:
                counter[(*index, symbol)] = last

    def _counter(self, channel: str) -> tuple[NDArray[Any] | None, tuple[int, ...]]:
        kind, _, name = channel.partition(".")
        if kind in self._seq:
            return self._seq[kind], ()
        if kind == "bars" and name in self.timeframes:
            return self.bars.forming["seq"], (self.timeframes.index(name),)
        if kind == "signals" and name == "*":
            return self.bank.seq_all, ()
        strategies = [node.name for node in self.bank.strategies]
        if kind == "signals" and name in strategies:
            return self.bank.seq, (strategies.index(name),)
        return None, ()
