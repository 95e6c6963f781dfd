"""What stands in the end: the bars of a session as they are now, and what the backtest's way in makes of them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.lib.recfunctions import structured_to_unstructured
from numpy.typing import NDArray

from core.bank import Bank
from core.events import BAR, SIGNAL, VENUE, Batch, joined, kind
from core.node import Node
from services.trading.likeness import Likeness

_BAR = ("symbol", "timeframe", "ts_event")
_SIGNAL = (*_BAR, "strategy")
_PART = 1 << 16  # bars at a time
_TOLD = ("ts_event", "symbol", "timeframe", "strategy", "side", "strength", "price")  # what a signal says


@dataclass
class Standing:
    """`hear` all that a session told, then `likenesses`: values and signals that stand, beside those a bank that is
    given nothing but the finished bars makes of them, as a backtest does."""

    bank: Bank  # as new, with room for all symbols when it is asked
    venue: bool  # whether bars are a venue's
    _heard: dict[str, list[Batch]] = field(default_factory=lambda: {"bars": [], "values": [], "signals": []})

    def hear(self, batch: Batch) -> None:
        what = kind(batch)
        if what == "bars" and (batch["origin"][0] == VENUE) != self.venue:
            return
        if (what := what.removeprefix("revised_")) in self._heard:
            self._heard[what].append(batch)

    def likenesses(self, names: list[str]) -> dict[str, Likeness]:
        bank = self.bank
        bank.clear(len(names))
        for symbol, name in enumerate(names):
            bank.join(symbol, name)
        bars, values, signals = (
            self._stands(*each) for each in (("bars", BAR), ("values", bank.dtype), ("signals", SIGNAL))
        )
        if not self.venue:
            bars = bars[bars["trades"] > 0]
            values = values[np.isin(_keys(values), _keys(bars))]
        made = [bank(bars[first : first + _PART]) for first in range(0, len(bars), _PART)]
        again = joined([np.empty(0, dtype=bank.dtype), *(each for each, _ in made)])
        spoken = joined([np.empty(0, dtype=SIGNAL), *(each for _, each in made)])
        found, where = {"values": Likeness(), "signals": Likeness()}, "as it stands in the end"
        found["values"].add([self._numbers(values)], [self._numbers(again)], names, where)
        ours, theirs = (self._said(each) for each in (signals[signals["side"] != 0], spoken))
        found["signals"].add([ours], [theirs], names, where)
        return found

    @property
    def left_out(self) -> list[str]:
        """Nodes that finished bars alone do not tell the values of."""
        return [node.call for node in (*self.bank.indicators, *self.bank.strategies) if not _by_bars(node)]

    def _stands(self, what: str, dtype: np.dtype[np.void]) -> Batch:
        """What was told last of each bar or signal; of a venue's bars all, for each counted as it came."""
        rows = joined([np.empty(0, dtype=dtype), *(batch.view(dtype) for batch in self._heard[what])])
        return rows if self.venue else _last(rows, _SIGNAL if what == "signals" else _BAR)

    def _numbers(self, values: Batch) -> Batch:
        """The columns that bars alone tell, behind what row they are of."""
        nodes = (*self.bank.indicators, *self.bank.strategies)
        columns = [column for node in nodes if _by_bars(node) for column in node.columns]
        dtype = np.dtype([*((name, "i8") for name in _BAR), *((name, "f8") for name in columns)])
        found = np.empty(len(values), dtype=dtype)
        for name in dtype.names or ():
            found[name] = values[name]
        return found

    def _said(self, signals: Batch) -> Batch:
        """What signals say, of strategies that bars alone tell of."""
        sure = [index for index, node in enumerate(self.bank.strategies) if _by_bars(node)]
        dtype = np.dtype([(name, SIGNAL[name]) for name in _TOLD])
        own = signals[np.isin(signals["strategy"], sure)]
        found = np.empty(len(own), dtype=dtype)
        for name in _TOLD:
            found[name] = own[name]
        return found.take(np.lexsort([found[name] for name in reversed(_SIGNAL[2:] + _SIGNAL[:2])]))


def _by_bars(node: Node) -> bool:
    return node.on == "bars" and all(_by_bars(need) for need in node.needs)


def _last(batch: Batch, names: tuple[str, ...]) -> Batch:
    """The last row of each that are alike in these fields, in order of time."""
    order = np.lexsort([*(batch[name] for name in names)])  # stable
    rows = batch.take(order)
    last = np.ones(len(rows), dtype=np.bool_)
    last[:-1] = np.any([np.diff(rows[name]) != 0 for name in names], axis=0)
    found: Batch = rows[last]
    return found


def _keys(batch: Batch) -> NDArray[np.void]:
    """Which bar a row is of, as one comparable thing."""
    table = structured_to_unstructured(batch[list(_BAR)], dtype=np.int64)
    return np.ascontiguousarray(table).view(np.dtype((np.void, 8 * len(_BAR)))).reshape(-1)
