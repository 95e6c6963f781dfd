"""The engine: a function from a batch to the batches that follow from it.

Trades are checked, numbered and made into bars; closed bars go through the nodes, which give values and signals: one
call of the bank's kernel does it all. No I/O, no clock, no logging: time comes in as TIME rows, so live, replay and
backtest are the same calls. What the engine was given it never changes; what it gives is numbered per channel and
symbol, without a hole.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.adopted import adopted
from core.bank import NO_TRADES, Bank
from core.checks import REFUSED
from core.errors import BadInput
from core.events import BAR, CHANNELS, MISSED, POSITION, QUOTE, TIME, TRADE, Batch, Symbols, rows
from core.node import Group, Node
from core.ports import Catalogue, Described, channels


class Engine:
    """`engine(batch)` gives the checked input and all that follows from it, as batches that are never changed.

    `bars="venue"` runs the nodes over the venue's own bars instead of those made from trades.
    """

    def __init__(
        self,
        symbols: Symbols,
        timeframes: tuple[str, ...],
        nodes: tuple[Node, ...],
        folder: Path,
        *,
        groups: tuple[Group, ...] = (),
        bars: str = "trades",
    ) -> None:
        self.symbols = symbols
        self.timeframes = timeframes
        self.folder = folder
        self._made = bars == "trades"  # by us from trades, or by the venue
        self.bank = self.prepared(nodes, groups)
        self._known = 0
        self._last: dict[str, dict[str, int]] = {}  # of symbols that are not there yet: the last number by channel
        self._missed = 0
        self._grow()

    def prepared(self, nodes: tuple[Node, ...], groups: tuple[Group, ...] = ()) -> Bank:
        """A bank of other nodes for this engine, compiled (or loaded) and warm: what `change` takes."""
        bank = Bank(nodes, self.timeframes, self.folder, groups=groups, makes_bars=self._made)
        _warm_up(bank)
        return bank

    def change(self, bank: Bank) -> None:
        """Go on with the nodes of `bank`; nodes that stay keep their state, new ones begin to warm up."""
        adopted(self.bank, bank)
        self.bank = bank
        self._join(range(self._known))

    @property
    def refused(self) -> NDArray[np.int64]:
        """Rows refused so far, by their place in REFUSED."""
        return self.bank.refused

    @property
    def late(self) -> NDArray[np.int64]:
        """Trades too late for their bar so far, by timeframe."""
        late: NDArray[np.int64] = self.bank.lane["late"]
        return late

    def __call__(self, batch: Batch) -> tuple[Batch, ...]:
        if len(self.symbols) > self._known:
            self._grow()
        if batch.dtype is TRADE:
            return tuple(self.bank.take(batch))
        if batch.dtype is QUOTE:
            checked = self.bank.note(batch)
            return (checked,) if len(checked) else ()
        if batch.dtype is TIME:
            return tuple(self.bank.take(NO_TRADES, *batch[-1].item()))
        if batch.dtype is BAR:
            return self._venue(batch)
        if batch.dtype is MISSED:
            return self._gaps(batch)
        raise BadInput(
            f"expected a batch of TRADE, QUOTE, BAR, TIME or MISSED rows as in core.events, found {batch.dtype}"
        )

    def _venue(self, batch: Batch) -> tuple[Batch, ...]:
        known = (batch["symbol"] >= 0) & (batch["symbol"] < len(self.symbols))
        low, high = batch["low"], batch["high"]
        sound = known & (low > 0) & (high < np.inf) & (batch["volume"] >= 0) & (batch["volume"] < np.inf)
        for name in ("open", "close"):  # NaN is nowhere between
            sound &= (low <= batch[name]) & (batch[name] <= high)
        sound &= np.isfinite(batch["vwap"])
        wanted = sound & (self.bank.lanes[batch["timeframe"]] >= 0)
        self.refused[0] += np.count_nonzero(~known)
        self.refused[1] += np.count_nonzero(known & ~sound)
        if self._made:
            kept = batch[sound]
            return (kept,) if len(kept) else ()
        bars = batch[wanted]
        forming = self.bank.forming
        for row, lane, symbol in zip(bars, self.bank.lanes[bars["timeframe"]], bars["symbol"], strict=True):
            forming[symbol, lane]["seq"] += 1
            row["seq"] = forming[symbol, lane]["seq"]
        if not len(bars):
            return ()
        values, signals = self.bank(bars)
        return (bars, values, signals) if len(signals) else (bars, values)

    def _gaps(self, batch: Batch) -> tuple[Batch, ...]:
        """Gaps: bars that are open while trades are missing, or begin before they no longer are, are marked."""
        known = batch[(batch["symbol"] >= 0) & (batch["symbol"] < len(self.symbols))].copy()
        self.refused[0] += len(batch) - len(known)
        for row in known:
            channel, symbol = CHANNELS[row["channel"]], row["symbol"]
            counter, _ = self._counter(channel)
            row["seq"] = counter[symbol] if counter is not None else 0
            if channel == "trades":
                self.bank.ticks["missed_to"][symbol] = row["to_ts"]
        return (known,) if len(known) else ()

    def _grow(self) -> None:
        first, self._known = self._known, len(self.symbols)
        self.bank.grow(self._known)
        self._join(range(first, self._known))
        self._number(range(first, self._known))

    def _join(self, symbols: Iterable[int]) -> None:
        for symbol in symbols:
            self.bank.join(symbol, self.symbols.names[symbol])

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

    def resume(self, positions: Mapping[tuple[str, str], int], missed: int = 0) -> None:
        """Go on numbering after `positions`: (channel, symbol) → the last number given, as the store keeps them; as far
        after it as `missed`, on every channel, for that many numbers may have been given that nobody can read any more.

        Symbols that come later go on after theirs.
        """
        self._last, self._missed = defaultdict(dict), missed
        for (channel, name), last in positions.items():
            self._last[name][channel] = last
        self._number(range(self._known))

    def _number(self, symbols: Iterable[int]) -> None:
        every = dict.fromkeys(channels(self.catalogue), 0) if self._missed else {}
        for symbol in symbols:
            for channel, last in (every | self._last.pop(self.symbols.names[symbol], {})).items():
                counter, index = self._counter(channel)
                if counter is not None:
                    counter[(*index, symbol)] = last + self._missed

    def numbers(self) -> Batch:
        """The last number given on every channel, as POSITION rows: what a journal's file begins with."""
        found = []
        for index, channel in enumerate(channels(self.catalogue)):
            counter, where = self._counter(channel)
            if counter is not None:
                last = (counter[where] if where else counter)[: self._known]
                rows_ = np.zeros(np.count_nonzero(last), dtype=POSITION)
                rows_["channel"], rows_["symbol"], rows_["seq"] = index, np.flatnonzero(last), last[last > 0]
                found.append(rows_)
        return np.concatenate(found)

    def _counter(self, channel: str) -> tuple[NDArray[Any] | None, tuple[int, ...]]:
        kind, _, name = channel.partition(".")
        ticks = self.bank.ticks
        if kind in {"trades", "quotes"}:
            return ticks[kind], ()
        if kind == "bars" and name in self.timeframes:
            return self.bank.forming["seq"].T, (self.timeframes.index(name),)
        if kind == "signals" and name == "*":
            return ticks["signals"], ()
        if kind == "signals" and name in (ticks["seq"].dtype.names or ()):
            return ticks["seq"][name], ()
        return None, ()


def _warm_up(bank: Bank) -> None:
    """Make a bar and forget it: the first bar through machine code that has never run took 3 ms, the next 0.05."""
    bank.clear(1)
    bank.take(rows(TRADE, [(1, 1, 0, 1, 1.0, 1.0, 0, 0)]))
    bank.note(rows(QUOTE, [(1, 1, 0, 1.0, 1.0, 1.0, 1.0, 0)]))
    for batch in bank.take(NO_TRADES, 2 * int(bank.lane["width"].max(initial=1)), 1):
        if batch.dtype is BAR:
            bank(batch)
    bank.clear(0)


__all__ = ["REFUSED", "Engine"]
