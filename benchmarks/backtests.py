"""Backtests of the peers: each library's EMA cross, as it is meant to be used.

Each entry takes the bars, makes what its library wants of them outside the time that is taken, and gives a function
that runs once and says how many fills it made and the equity at the end. Libraries that are not installed are left out:
`pip install candela[bench]`.
"""

import importlib
import importlib.metadata
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import talib

from core.events import Batch
from strategies.terms import Terms

Outcome = tuple[int, float]
Once = Callable[[], Outcome]
Any_ = Any  # a peer's module: not typed, and may be absent

FAST, SLOW = 12, 26


def frame(bars: Batch) -> Any_:
    pandas = importlib.import_module("pandas")
    columns = {name.capitalize(): bars[name].copy() for name in ("open", "high", "low", "close", "volume")}
    return pandas.DataFrame(columns, index=pandas.to_datetime(bars["ts_open"]))


def vectorbt(vbt: Any_, bars: Batch, terms: Terms) -> Once:
    """Its Portfolio of signals, told the averages by TA-Lib through its own factory: the seeds are then ours."""
    opened, close, ema = bars["open"].copy(), bars["close"].copy(), vbt.talib("EMA")

    def once() -> Outcome:
        fast, slow = (ema.run(close, length).real.to_numpy() for length in (FAST, SLOW))
        return of_signals(vbt, (fast, slow), opened, close, terms)

    return once


def vectorbt_alone(vbt: Any_, bars: Batch, terms: Terms) -> Once:
    """With its own averages, which begin with the first price: other signals until that is forgotten."""
    opened, close = bars["open"].copy(), bars["close"].copy()

    def once() -> Outcome:
        fast, slow = (vbt.MA.run(close, length, ewm=True).ma.to_numpy() for length in (FAST, SLOW))
        return of_signals(vbt, (fast, slow), opened, close, terms)

    return once


def of_signals(vbt: Any_, averages: tuple[Any_, Any_], opened: Any_, close: Any_, terms: Terms) -> Outcome:
    found = signalled(vbt, averages, opened, close, terms)
    equity = np.asarray(found.value())  # the curve, as ours makes it
    return len(found.orders.records_arr), float(equity[-1])


def signalled(vbt: Any_, averages: tuple[Any_, Any_], opened: Any_, close: Any_, terms: Terms) -> Any_:
    """A position turns at the open behind the bar at whose close the averages crossed."""
    fast, slow = averages
    buys, sells = np.zeros((2, *fast.shape), dtype=bool)
    above, below = fast > slow, fast < slow
    buys[2:], sells[2:] = above[1:-1] & below[:-2], below[1:-1] & above[:-2]
    return vbt.Portfolio.from_signals(
        close, buys, short_entries=sells, size=terms.units, price=opened, fees=terms.commission,
        slippage=terms.spread / 2 + terms.slippage, init_cash=terms.cash, upon_opposite_entry="reverse",
    )  # fmt: skip


def vectorbt_sweep(vbt: Any_, bars: Batch, points: Sequence[tuple[int, int]], terms: Terms) -> list[float]:
    """The equity at the end of each point, a column each; an average that several share is made once."""
    opened, close, found = bars["open"].copy(), bars["close"].copy(), []
    lengths = sorted({length for point in points for length in point})
    averages = vbt.talib("EMA").run(close, lengths).real.to_numpy()
    for first in range(0, len(points), 50):
        columns = np.searchsorted(lengths, points[first : first + 50])
        pair = averages[:, columns[:, 0]], averages[:, columns[:, 1]]
        found += signalled(vbt, pair, opened[:, None], close[:, None], terms).final_value().tolist()
    return found


def backtesting(module: Any_, bars: Batch, terms: Terms) -> Once:
    through = importlib.import_module("backtesting.lib").crossover
    data, units = frame(bars), int(terms.units)

    class Crossing(module.Strategy):  # type: ignore[misc]  # Any: it has no types
        def init(self) -> None:
            self.fast, self.slow = (self.I(talib.EMA, self.data.Close, length) for length in (FAST, SLOW))

        def next(self) -> None:
            if through(self.fast, self.slow):
                self.buy(size=units - int(self.position.size))
            elif through(self.slow, self.fast):
                self.sell(size=units + int(self.position.size))

    def once() -> Outcome:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # trades remain open, as ours do
            found = module.Backtest(data, Crossing, cash=terms.cash, commission=terms.commission).run()
        fills = len(found["_trades"]) + len(found["_strategy"].trades)  # a turn is one, as it is of ours
        return fills, float(found["Equity Final [$]"])

    return once


def backtrader(bt: Any_, bars: Batch, terms: Terms) -> Once:
    data = frame(bars)

    class Crossing(bt.Strategy):  # type: ignore[misc]  # Any: it has no types
        def __init__(self) -> None:
            self.made = 0
            fast, slow = (bt.ind.EMA(self.data.close, period=length) for length in (FAST, SLOW))
            self.crossed = bt.ind.CrossOver(fast, slow)

        def notify_order(self, order: Any_) -> None:
            self.made += order.status == order.Completed

        def next(self) -> None:
            if self.crossed[0]:
                self.order_target_size(target=terms.units * self.crossed[0])

    def once() -> Outcome:
        cerebro = bt.Cerebro(stdstats=False)
        cerebro.adddata(bt.feeds.PandasData(dataname=data))
        cerebro.addstrategy(Crossing)
        cerebro.broker.setcash(terms.cash)
        cerebro.broker.setcommission(commission=terms.commission)
        return cerebro.run()[0].made, float(cerebro.broker.getvalue())

    return once


def installed(package: str, name: str) -> Iterator[tuple[str, Any_]]:
    """The peer that is here, with its version; nothing, and a line that says so, where it is not."""
    try:
        module = importlib.import_module(name)
    except ImportError:
        print(f"  {package}: not installed")
        return
    yield f"{package} {importlib.metadata.version(package)}", module
