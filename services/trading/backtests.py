"""Backtests: a strategy by its name over a file of history, on terms."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.bank import NO_TRADES, Bank
from core.errors import BadInput
from core.events import BAR, TIMEFRAME_NAMES, TIMEFRAMES, TRADE, Batch, Symbols, joined
from core.node import Node
from feeds.bar_files import bars_of, has_bars
from feeds.replay import session
from feeds.stats import FeedStats
from strategies.backtest import Run, backtest
from strategies.files import asked
from strategies.frames import tried
from strategies.performance import Figures, performance
from strategies.terms import Terms


@dataclass(frozen=True, eq=False)
class History:
    """Closed bars in order, of one timeframe."""

    bars: Batch
    symbols: tuple[str, ...]
    timeframe: str


@dataclass(frozen=True, eq=False)
class Report:
    """What was run, what came of it, and its figures."""

    strategy: str
    history: History
    run: Run
    figures: Figures
    frames: bool = False  # whether it saw all bars at once

    @property
    def told(self) -> Figures:
        """The figures, and what they are of."""
        names = {"symbols": list(self.history.symbols), "terms": self.run.terms._asdict()}
        return {"strategy": self.strategy, "timeframe": self.history.timeframe, **names, **self.figures}


def tested(text: str, history: History, terms: Terms, folder: Path) -> Report:
    """A backtest of the strategy a person asks for, which may be in a file of theirs; BadInput."""
    found = asked(text)
    if isinstance(found, Node):
        run = backtest(found, history.bars, len(history.symbols), terms, folder)
    else:
        run = tried(found, history.bars, history.symbols, terms, folder)
    return Report(
        found.call, history, run, performance(run) | {"buy_and_hold": held(history.bars)}, not isinstance(found, Node)
    )


def history(path: Path, timeframe: str | None, folder: Path) -> History:
    """The bars of a file, or those made of its trades (of one minute, if nothing else is asked for); BadInput."""
    if timeframe is not None and timeframe not in TIMEFRAMES:
        raise BadInput(f"expected a timeframe out of {', '.join(TIMEFRAMES)}; found {timeframe!r}")
    symbols = Symbols(grows=True)
    if not has_bars(path):
        frame = timeframe or "1m"
        return History(_made(path, frame, symbols, folder), tuple(symbols.names), frame)
    bars = bars_of(path, symbols)
    found = TIMEFRAME_NAMES[bars["timeframe"][0]]
    if timeframe not in (None, found):
        raise BadInput(f"{path} has bars of {found}, not of {timeframe}: leave --timeframe out")
    return History(bars, tuple(symbols.names), found)


def _made(path: Path, timeframe: str, symbols: Symbols, folder: Path) -> Batch:
    bank, made, last = Bank((), (timeframe,), folder), [np.empty(0, dtype=BAR)], 0
    for batch in session(path, symbols, FeedStats()):
        if batch.dtype is TRADE:
            bank.grow(len(symbols))
            made += [each for each in bank.take(batch) if each.dtype is BAR]
            last = max(last, int(batch["ts_event"].max()))
    made += [each for each in bank.take(NO_TRADES, last, last) if each.dtype is BAR]
    bars = joined(made)
    if not len(bars):
        raise BadInput(f"{path}: expected trades of more than one bar of {timeframe}, found none that closed")
    return bars.take(np.lexsort((bars["symbol"], bars["ts_event"])))


def held(bars: Batch) -> float:
    """What equal parts of all symbols would have brought, bought at their first open and kept."""
    _, first = np.unique(bars["symbol"], return_index=True)
    _, last = np.unique(bars["symbol"][::-1], return_index=True)
    return float(np.mean(bars["close"][len(bars) - 1 - last] / bars["open"][first]) - 1)
