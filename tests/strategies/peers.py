"""Peers: what other libraries trade when they are told the same sides at the same closes, or find them themselves.

Each fills at the next bar's open and says the same three things: what was traded at which bar (quantity, mean price),
the equity at every bar's close, and the profits of round trips after fees.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.events import Batch
from strategies.backtest import Run, rounds
from strategies.terms import Terms

Numbers = NDArray[np.float64]
Columns = dict[str, Numbers]


class Told(NamedTuple):
    """What came of it. `traded`: bar, quantity and money paid of all that was traded at one bar."""

    traded: NDArray[np.float64]
    equity: Numbers
    profits: list[float]


def ours(run: Run, bars: Batch) -> Told:
    """A run over bars of one symbol."""
    at = np.searchsorted(bars["ts_open"], run.fills["ts_event"])
    paid = run.fills["quantity"] * run.fills["price"] + run.fills["fee"]
    return Told(
        np.column_stack([at, run.fills["quantity"], paid]),
        run.points["equity"],
        [profit for *_, profit in rounds(run.fills)],
    )


def sides(run: Run, bars: Batch) -> Numbers:
    """What the strategy said at each bar's close, NaN where it said nothing; sells that may not be are exits."""
    said = np.full(len(bars), np.nan)
    said[np.searchsorted(bars["ts_event"], run.signals["ts_event"])] = run.signals["side"]
    return said if run.terms.shorts else np.maximum(said, 0.0)


def vectorbt(vbt: Any, bars: Columns, said: Numbers, terms: Terms, **more: Any) -> Any:  # Any: a module without types
    """Its Portfolio of orders for a target: so many units, or a share of the equity at the close before the order."""
    wanted = np.full(said.shape, np.nan)
    wanted[1:] = said[:-1] * (terms.units or terms.share)
    return vbt.Portfolio.from_orders(
        bars["close"], wanted, size_type="targetamount" if terms.units else "targetpercent", price=bars["open"],
        val_price=-np.inf, fees=terms.commission, slippage=terms.spread / 2 + terms.slippage, init_cash=terms.cash,
        size_granularity=terms.lot or np.nan, **more,
    )  # fmt: skip


def of_vectorbt(portfolio: Any) -> Told:  # Any: as above
    records = portfolio.orders.records_arr
    quantity = np.where(records["side"] == 0, 1.0, -1.0) * records["size"]
    positions = portfolio.positions.records_arr
    return Told(
        np.column_stack([records["idx"], quantity, quantity * records["price"] + records["fees"]]),
        np.asarray(portfolio.value()),
        positions["pnl"][positions["status"] == 1].tolist(),
    )


@dataclass(frozen=True)
class Backtesting:
    """backtesting.py: whole units; orders are what the position lacks, counted by itself from its own equity."""

    module: Any  # a module without types
    frame: Any  # a pandas frame
    terms: Terms
    spread: float = 0.0

    def told(self, said: Numbers) -> Told:
        terms = self.terms

        class Follows(self.module.Strategy):  # type: ignore[misc, name-defined]  # Any: its class has no types
            def init(self) -> None:
                pass

            def next(self) -> None:
                side = said[len(self.data) - 1]
                wanted = side * (terms.units or terms.share * self.equity / self.data.Close[-1])
                quantity = 0 if np.isnan(side) else int(wanted - self.position.size)
                if quantity:
                    (self.buy if quantity > 0 else self.sell)(size=abs(quantity))

        return self.run(Follows)

    def run(self, strategy: Any) -> Told:
        terms = self.terms
        stats = self.module.Backtest(
            self.frame,
            strategy,
            cash=terms.cash,
            spread=self.spread,
            commission=lambda quantity, price: abs(quantity) * (price * terms.commission + terms.per_share),
        ).run()
        closed, bars = stats["_trades"], len(self.frame)
        quantity, paid = np.zeros(bars), np.zeros(bars)
        halves = [*zip(closed["EntryBar"], closed["Size"], closed["EntryPrice"], strict=True)]
        halves += [*zip(closed["ExitBar"], -closed["Size"], closed["ExitPrice"], strict=True)]
        halves += [(each.entry_bar, each.size, each.entry_price) for each in stats["_strategy"].trades]
        for at, size, price in halves:
            quantity[at] += size
            paid[at] += size * price + abs(size) * (price * terms.commission + terms.per_share)
        at = np.flatnonzero(quantity)
        profits = closed["PnL"].tolist()  # after fees
        return Told(np.column_stack([at, quantity[at], paid[at]]), stats["_equity_curve"]["Equity"].to_numpy(), profits)
