"""Backtest: history through the compiled nodes that run live, and what following their signals would have traded."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import BadInput
from core.events import SIGNAL, Batch, joined
from core.node import Node
from core.source import planned
from strategies.execution import FILL, POINT
from strategies.following import GIVEN
from strategies.machine import Machine, Passage, accounts_of, follow
from strategies.terms import Terms
from strategies.through import BLOCK


@dataclass(frozen=True, eq=False)
class Run:
    """What came of it: FILL rows, a POINT row a moment, and the signals that were followed."""

    terms: Terms
    bars: int
    signals: Batch
    fills: Batch
    points: Batch


def backtest(strategy: Node, bars: Batch, symbols: int, terms: Terms, folder: Path, *, followed: int = 0) -> Run:
    """Follow a strategy over closed bars of one timeframe, in order of their closes; BadInput.

    `symbols`: the bars' are below it. `folder` is where machine code is kept. The strategy sees the bars before
    `followed` as well, and is not followed then.
    """
    plan = planned((strategy,))
    checked(plan.nodes, terms)
    bars = np.ascontiguousarray(bars)
    account, signals = Account(symbols, terms, folder), [np.empty(0, dtype=SIGNAL)]
    account.expect(len(bars))
    passage = Passage(Machine(plan, folder), bars, account.record, (plan.nodes,), followed)
    while not passage.through:
        passage.more()
        signals.append(passage.signals)
        account.note()
    return Run(terms, len(bars) - followed, joined(signals), account.fills(), account.points())


def checked(nodes: tuple[Node, ...], terms: Terms) -> None:
    """BadInput when a strategy cannot be tested on bars, or on these terms."""
    terms.checked()
    strategies = [node.call for node in nodes if node.kind == "strategy"]
    if len(strategies) != 1:
        raise BadInput(f"expected one strategy, found {len(strategies)}: {', '.join(strategies) or 'indicators only'}")
    for node in nodes:
        if node.on != "bars":
            raise BadInput(f"{strategies[0]} reads {node.call}, which is made of {node.on}; a backtest has bars only")


class Account:
    """An account of which everything is kept: `follow` bars and the signals made at their closes, part by part."""

    def __init__(self, symbols: int, terms: Terms, folder: Path) -> None:
        self.record, self._holdings = accounts_of(terms, 1, symbols)
        self._folder = folder
        self._room = np.empty(2 * BLOCK + 3 * symbols, dtype=FILL)
        self.record["to_fills"], self.record["room"] = self._room.ctypes.data, len(self._room)
        self._fills, self._points = [np.empty(0, dtype=FILL)], list[Batch]()
        self._newest = np.empty(1, dtype=POINT)

    def expect(self, bars: int) -> None:
        """Make room for what the next bars bring."""
        self._points.append(self._newest[: int(self.record["points"][0])])
        self._newest = np.empty(bars + 1, dtype=POINT)
        self.record["to_points"], self.record["points"] = self._newest.ctypes.data, 0

    def note(self) -> None:
        """Keep the newest fills."""
        self._fills.append(self._room[: int(self.record["fills"][0])].copy())
        self.record["fills"] = 0

    def follow(self, bars: Batch, signals: Batch) -> None:
        """Bars that lie one after another, and the signals made at their closes, in order; BadInput. A part does not
        end amid the bars of a moment."""
        symbols = int(self.record["known"][0])
        if not ((bars["symbol"] >= 0) & (bars["symbol"] < symbols)).all():
            raise BadInput(
                f"expected bars of symbols below {symbols}, found {bars['symbol'].min()} to {bars['symbol'].max()}"
            )
        run, given = follow(self._folder), np.zeros(1, dtype=GIVEN)
        given["to_account"] = self.record.ctypes.data
        given["to_bars"], given["bars"] = bars.ctypes.data, len(bars)
        given["to_signals"], given["signals"] = signals.ctypes.data, len(signals)
        self.expect(len(bars))
        while given["bar"][0] < len(bars):
            run(given.ctypes.data)
            self.note()

    def fills(self) -> Batch:
        return joined(self._fills)

    def points(self) -> Batch:
        """A row for each moment at which bars closed, the last one included."""
        account, count = self.record[0], int(self.record["points"][0])
        now = (account["now"], account["cash"], account["cash"] + account["worth"], account["gross"])
        self._newest[count] = now
        parts = [*self._points, self._newest[: count + bool(account["now"])]]
        return joined([part for part in parts if len(part)] or parts[:1])


def rounds(fills: Batch) -> Iterator[tuple[int, int, int, float, float]]:
    """Round trips: symbol, when it began and ended, the largest position (negative: short), profit after fees."""
    state: dict[int, tuple[float, float, int, float]] = {}
    for ts, quantity, price, fee, _, symbol, _ in fills.tolist():
        held, cash, begun, most = state.pop(symbol, (0.0, 0.0, ts, 0.0))
        after = held + quantity
        paid = quantity * price + fee
        if held and after * held <= 0.0:  # it ends here; what is beyond begins the next
            share = -held / quantity
            yield symbol, begun, ts, most, cash - paid * share
            cash, begun, most, paid = 0.0, ts, 0.0, paid * (1 - share)
        if after:
            state[symbol] = after, cash - paid, begun, max(most, after, key=abs)


__all__ = ["Account", "Run", "Terms", "backtest", "rounds"]
