"""Backtest: history through the same compiled bank that runs live, and what following its signals would have traded."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import types

from core.bank import Bank
from core.cached import digest, loaded
from core.compiled import entry
from core.errors import BadInput
from core.events import SIGNAL, Batch, joined
from strategies import execution
from strategies.execution import BOOK, FILL, HOLDING, POINT
from strategies.terms import Terms

_PART = 1 << 16  # bars that are computed at a time
_YEAR = 365.25 * 86_400 * 1e9


@dataclass(frozen=True, eq=False)
class Run:
    """What came of it: FILL rows, a POINT row a moment, and the signals that were followed."""

    terms: Terms
    bars: int
    signals: Batch
    fills: Batch
    points: Batch


def backtest(bank: Bank, bars: Batch, symbols: int, terms: Terms, folder: Path) -> Run:
    """Follow the bank's one strategy over closed bars of one timeframe, in order of their closes; BadInput.

    `symbols`: the bars' are below it. The bank is as new before and has seen all of it afterwards.
    """
    _check(bank, bars)
    terms.checked()
    bank.clear(symbols)
    account, made = Account(symbols, terms, folder), [np.empty(0, dtype=SIGNAL)]
    for first in range(0, len(bars), _PART):
        part = np.ascontiguousarray(bars[first : first + _PART])
        _, signals = bank(part)
        account.follow(part, signals)
        made.append(signals)
    return Run(terms, len(bars), joined(made), account.fills(), account.points())


def _check(bank: Bank, bars: Batch) -> None:
    if len(bank.strategies) != 1 or len(bank.timeframes) != 1:
        raise BadInput(
            f"expected one strategy on one timeframe, found {len(bank.strategies)} on {', '.join(bank.timeframes)}"
        )
    if len(bars) and not (np.diff(bars["ts_event"]) >= 0).all():
        at = int(np.argmax(np.diff(bars["ts_event"]) < 0)) + 1
        raise BadInput(
            f"expected bars in order of their closes; bar {at} closes before the one in front of it: sort them"
        )


class Account:
    """`follow` bars and the signals made at their closes, part by part."""

    def __init__(self, symbols: int, terms: Terms, folder: Path) -> None:
        self._run = _compiled(folder)
        self._holdings = np.zeros(symbols, dtype=HOLDING)
        self._room = np.empty(4096 + symbols, dtype=FILL)
        self._fills, self._points = [np.empty(0, dtype=FILL)], [np.empty(0, dtype=POINT)]
        self._book = book = np.zeros(1, dtype=BOOK)
        book["to_holdings"], book["known"] = self._holdings.ctypes.data, symbols
        book["to_fills"], book["room"] = self._room.ctypes.data, len(self._room)
        book["latency"], book["shorts"] = round(terms.latency_s * 1e9), terms.shorts
        book["half_spread"], book["borrow"] = terms.spread / 2, terms.borrow / _YEAR
        for name in ("commission", "per_share", "least", "slippage", "participation", "lot", "stop", "target"):
            book[name] = getattr(terms, name)
        book["leverage"], book["share"], book["units"], book["cash"] = (
            terms.leverage,
            terms.share,
            terms.units,
            terms.cash,
        )

    def follow(self, bars: Batch, signals: Batch) -> None:
        """Bars that lie one after another, and the signals made at their closes, in order."""
        book, points = self._book, np.empty(len(bars) + 1, dtype=POINT)
        book["to_bars"], book["bars"], book["bar"] = bars.ctypes.data, len(bars), 0
        book["to_signals"], book["signals"], book["signal"] = signals.ctypes.data, len(signals), 0
        book["to_points"], book["points"] = points.ctypes.data, 0
        while book["bar"][0] < len(bars):
            book["fills"] = 0
            self._run(book.ctypes.data)
            self._fills.append(self._room[: int(book["fills"][0])].copy())
        self._points.append(points[: int(book["points"][0])].copy())

    def fills(self) -> Batch:
        return joined(self._fills)

    def points(self) -> Batch:
        """A row for each moment at which bars closed, the last one included."""
        book = self._book[0]
        last = [(book["now"], book["cash"], book["cash"] + book["worth"], book["gross"])] if book["now"] else []
        return joined([*self._points, np.array(last, dtype=POINT)])


@lru_cache(maxsize=4)
def _compiled(folder: Path) -> Any:  # Any: machine code
    source = inspect.getsource(execution)
    kernel = loaded(f"execution_{digest(source, [execution.follow])}", source, folder)
    return entry(kernel.follow, (types.int64,))


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
