"""The engine: a function from a batch to the batches that follow from it.

Trades are checked, numbered and made into bars; closed bars go through the nodes, which give values and signals: one
call of the bank's kernel does it all. No I/O, no clock, no logging: time comes in as TIME rows, so live, replay and
backtest are the same calls. What the engine was given it never changes; what it gives is numbered per channel and
symbol, without a hole.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.adopted import adopted
from core.amending import sound_amendments, unmended
from core.bank import NO_TRADES, Bank
from core.checks import REFUSED, sound_bars
from core.errors import BadInput
from core.events import (
    AMENDMENT,
    BAR,
    CHANNELS,
    DONE,
    HISTORY,
    IMPOSSIBLE,
    MISSED,
    NEVER,
    PENDING,
    QUOTE,
    TIME,
    TRADE,
    Batch,
    Symbols,
    joined,
)  # fmt: skip
from core.node import Group, Node
from core.numbering import counter, numbers
from core.ports import Catalogue, channels
from core.revision import Revision
from core.warm import warm_up


class Engine:
    """`engine(batch)` gives the checked input and all that follows from it, as batches that are never changed.

    `bars="venue"` runs the nodes over the venue's own bars instead of those made from trades. With a `lookback`, in
    nanoseconds, what was made of trades that came late, twice, or not at all at first is revised (`core/revision.py`).
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
        lookback: int = 0,
    ) -> None:
        self.symbols, self.timeframes, self.folder = symbols, timeframes, folder
        self.counts: Counter[str] = Counter()  # symbols revised, trades backfilled, trades amended
        self.lookback, self._made = lookback, bars == "trades"  # by us from trades, or by the venue
        self.bank = self.prepared(nodes, groups)
        self.revision = self._revision()
        self._known = self.missed = 0
        self.last: dict[str, dict[str, int]] = {}  # of symbols that are not there yet: the last number by channel
        self._takes: dict[int, Callable[[Batch], Iterable[Batch]]] = {
            id(TRADE): self._trades, id(QUOTE): self._quotes, id(TIME): self._time, id(BAR): self._venue,
            id(MISSED): self._gaps, id(HISTORY): self._history, id(AMENDMENT): self._amendments,
        }  # fmt: skip
        self._grow()

    def prepared(self, nodes: tuple[Node, ...], groups: tuple[Group, ...] = ()) -> Bank:
        """A bank of other nodes for this engine, compiled (or loaded) and warm: what `change` takes."""
        bank = Bank(nodes, self.timeframes, self.folder, groups=groups, makes_bars=self._made)
        warm_up(bank)
        return bank

    def change(self, bank: Bank) -> None:
        """Go on with the nodes of `bank`; nodes that stay keep their state, new ones begin to warm up."""
        adopted(self.bank, bank)
        self.bank = bank
        self._join(range(self._known))
        self.anew()

    def anew(self) -> None:
        """Revise what comes from now on, as things stand."""
        self.revision = self._revision()
        if self.revision:
            self.revision.grow(self._known)

    def _revision(self) -> Revision | None:
        """None where nothing can be made again: bars are the venue's, or nodes follow quotes, which have no history."""
        able = self.lookback > 0 and self._made and all(node.on != "quotes" for node in self.bank.nodes)
        return Revision(self.bank, self.lookback, self.counts) if able else None

    def settle(self) -> None:
        """Do what can wait until those who wait for an answer have it; call it in between."""
        if self.revision:
            self.revision.settle()

    @property
    def refused(self) -> NDArray[np.int64]:
        """Rows refused so far, by their place in REFUSED."""
        return self.bank.refused

    def __call__(self, batch: Batch) -> tuple[Batch, ...]:
        if len(self.symbols) > self._known:
            self._grow()
        take = self._takes.get(id(batch.dtype))
        if take is None:
            names = "TRADE, QUOTE, BAR, TIME, MISSED, HISTORY or AMENDMENT"
            raise BadInput(f"expected a batch of {names} rows as in core.events, found {batch.dtype}")
        return tuple(take(batch))

    def _trades(self, batch: Batch) -> Iterable[Batch]:
        return self._in_order(batch, self.revision) if self.revision else self.bank.take(batch)

    def _quotes(self, batch: Batch) -> Iterable[Batch]:
        checked = self.bank.note(batch)
        return (checked,) if len(checked) else ()

    def _history(self, batch: Batch) -> Iterable[Batch]:
        if self.revision:
            self.revision.told(batch)
        return ()

    def _amendments(self, batch: Batch) -> Iterable[Batch]:
        """What they change is told as soon as time passes; where nothing can be made again, that they came."""
        amendments = sound_amendments(batch, self._known)
        self.refused[REFUSED.index("bad_amendment")] += len(batch) - len(amendments)
        yield from (amendments,) if len(amendments) else ()
        if self.revision:
            self.revision.amended(amendments)
        elif len(amendments):
            yield unmended(amendments, self.bank.ticks["trades"])

    def _in_order(self, batch: Batch, revision: Revision) -> list[Batch]:
        """Trades in order at once; one out of order is left out when it came before, else noted, to be put in order."""
        made = self.bank.take(batch, free=0)
        revision.heard(made)
        while len(self.bank.rest):
            first, rest = self.bank.rest[:1], self.bank.rest[1:]
            if revision.repeated(first):
                self.refused[REFUSED.index("repeated")] += 1
                more = self.bank.take(rest, free=0)
            else:
                revision.disordered(first["symbol"].item(), first["ts_event"].item())
                more = self.bank.take(self.bank.rest, free=1)
            revision.heard(more)
            made += more
        return made

    def _time(self, batch: Batch) -> list[Batch]:
        now, ts_recv = batch[-1].item()
        revised = list(self.revision.due(now, ts_recv)) if self.revision else []
        made = self.bank.take(NO_TRADES, now, ts_recv)
        if self.revision:
            self.revision.heard(made)
        return [*revised, *made]

    def _venue(self, batch: Batch) -> tuple[Batch, ...]:
        known, sound = sound_bars(batch, len(self.symbols))
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
        return tuple(made for made in (bars, *self.bank(bars)) if len(made))

    def _gaps(self, batch: Batch) -> Iterator[Batch]:
        """Gaps: bars that are open while trades are missing, or begin before they no longer are, are marked."""
        known = (batch["symbol"] >= 0) & (batch["symbol"] < len(self.symbols))
        self.refused[0] += len(batch) - np.count_nonzero(known)
        held = list[Batch]()
        for row in batch[known].reshape(-1, 1):
            channel, symbol = CHANNELS[row["channel"][0]], row["symbol"][0]
            found = counter(self.bank, channel)
            row["seq"] = found[symbol] if found is not None else 0
            if channel == "trades" and row["backfill"][0] == PENDING:
                missed_to = self.bank.ticks["missed_to"]
                missed_to[symbol] = max(missed_to[symbol] % NEVER, row["to_ts"][0])  # a gap that has begun ends
            if row["backfill"][0] == DONE and not self.revision:
                row["backfill"] = IMPOSSIBLE  # nobody here can make again what it changes
            for made in self.revision.missed(row) if channel == "trades" and self.revision else (row,):
                if made.dtype is MISSED:
                    held.append(made)
                    continue
                if held:
                    yield joined(held)
                    held.clear()
                yield made
        if held:
            yield joined(held)

    def _grow(self) -> None:
        first, self._known = self._known, len(self.symbols)
        self.bank.grow(self._known)
        self._join(range(first, self._known))
        self._number(range(first, self._known))
        if self.revision:
            self.revision.grow(self._known)

    def _join(self, symbols: Iterable[int]) -> None:
        for symbol in symbols:
            self.bank.join(symbol, self.symbols.names[symbol])

    @property
    def catalogue(self) -> Catalogue:
        """The names behind the integers in this engine's batches."""
        return Catalogue(
            source=self.symbols.source,
            symbols=tuple(self.symbols.names),
            timeframes=self.timeframes,
            indicators=tuple(node.described for node in self.bank.indicators),
            strategies=tuple(node.described for node in self.bank.strategies),
        )

    def resume(self, positions: Mapping[tuple[str, str], int], missed: int = 0) -> None:
        """Go on numbering after `positions`, (channel, symbol) → the last number given, also of later symbols;
        as far after it as `missed`, for that many numbers may have been given that nobody can read any more."""
        self.last, self.missed = defaultdict(dict), missed
        for (channel, name), last in positions.items():
            self.last[name][channel] = last
        self._number(range(self._known))

    def _number(self, symbols: Iterable[int]) -> None:
        every = dict.fromkeys(channels(self.catalogue), 0) if self.missed else {}
        for symbol in symbols:
            for channel, last in (every | self.last.pop(self.symbols.names[symbol], {})).items():
                found = counter(self.bank, channel)
                if found is not None:
                    found[symbol] = last + self.missed

    def numbers(self) -> Batch:
        """The last number given on every channel, as POSITION rows: what a journal's file begins with."""
        return numbers(self.bank, channels(self.catalogue), self._known)


__all__ = ["REFUSED", "Engine"]
