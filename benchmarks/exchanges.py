"""Exchanges: the event engines among the peers, nautilus_trader's and hftbacktest's, and what they run."""

import importlib
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
from numba import njit

from benchmarks.backtests import FAST, SLOW
from core.events import Batch
from strategies.terms import Terms

Any_ = Any  # a peer's module: not typed, and may be absent
Make = Callable[
    [], tuple[Callable[[], object], Callable[[], object]]
]  # one of its own each time: what runs and ends it


def part(package: str, name: str) -> Any_:
    return importlib.import_module(f"{package}.{name}")


def nautilus(kind: str, events: Batch, terms: Terms) -> Make:
    """Its engine over `LAST-EXTERNAL` bars, or over trades that it makes into `LAST-INTERNAL` ones.

    Its orders are filled at the close they were made at: for bars it has no other rule, and so no equity like ours.
    """
    of, bars = partial(part, "nautilus_trader"), kind.endswith("EXTERNAL")
    stock = of("test_kit.providers").TestInstrumentProvider.equity("AAPL", "XNAS")
    bar_type = of("model.data").BarType.from_str(f"{stock.id}-1-MINUTE-{kind}")
    data = _bars(stock, bar_type, events) if bars else _trades(stock, events)
    strategy, usd, enums = _crossing(stock, bar_type, int(terms.units)), of("model.currencies").USD, of("model.enums")

    def make() -> tuple[Callable[[], object], Callable[[], object]]:
        quiet = of("config").LoggingConfig(bypass_logging=True)
        engine = of("backtest.engine").BacktestEngine(of("backtest.engine").BacktestEngineConfig(logging=quiet))
        engine.add_venue(
            stock.id.venue, enums.OmsType.NETTING, enums.AccountType.MARGIN,
            [of("model.objects").Money(terms.cash, usd)], base_currency=usd, default_leverage=Decimal(1),
            trade_execution=not bars,
        )  # fmt: skip
        engine.add_instrument(stock)
        engine.add_data(data)
        engine.add_strategy(strategy())
        return engine.run, engine.dispose

    return make


def _crossing(stock: Any_, bar_type: Any_, units: int) -> Any_:
    trading = importlib.import_module("nautilus_trader.trading.strategy")
    average = importlib.import_module("nautilus_trader.indicators").ExponentialMovingAverage
    side = importlib.import_module("nautilus_trader.model.enums").OrderSide

    class Crossing(trading.Strategy):  # type: ignore[misc, name-defined]  # Any: it has no types
        """Its own example of an EMA cross, without its log."""

        def on_start(self) -> None:
            self.fast, self.slow, self.held = average(FAST), average(SLOW), 0
            self.register_indicator_for_bars(bar_type, self.fast)
            self.register_indicator_for_bars(bar_type, self.slow)
            self.subscribe_bars(bar_type)
            self.above = 0

        def on_bar(self, _bar: Any_) -> None:
            if not self.slow.initialized:
                return
            above = 1 if self.fast.value > self.slow.value else -1
            if self.above not in (0, above):
                quantity = stock.make_qty(abs(above * units - self.held))
                self.submit_order(self.order_factory.market(stock.id, side.BUY if above > 0 else side.SELL, quantity))
                self.held = above * units
            self.above = above

    return Crossing


def _bars(stock: Any_, bar_type: Any_, bars: Batch) -> Any_:
    columns = [bars[name].copy() for name in ("open", "high", "low", "close", "volume")]
    times = bars["ts_close"].astype(np.uint64)
    return part("nautilus_trader", "model.data").Bar.from_raw_arrays_to_list(
        bar_type, stock.price_precision, 0, *columns, times, times
    )


def _trades(stock: Any_, trades: Batch) -> Any_:
    names = ("data", "objects", "enums", "identifiers")
    model, objects, enums, ids = (part("nautilus_trader", f"model.{name}") for name in names)
    sides = enums.AggressorSide.BUYER, enums.AggressorSide.SELLER  # each tells it the price of one side of the market
    return [
        model.TradeTick(
            stock.id, objects.Price(price, 2), objects.Quantity(size, 0), sides[number % 2], ids.TradeId(str(number)),
            ts, ts,
        )
        for number, (ts, price, size) in enumerate(trades[["ts_event", "price", "size"]].tolist())
    ]  # fmt: skip


def hftbacktest(module: Any_, trades: Batch) -> Make:
    """Its feed of trades and nothing else, event by event, without an order."""
    events = np.zeros(len(trades), dtype=module.types.event_dtype)
    events["ev"] = module.TRADE_EVENT | module.EXCH_EVENT | module.LOCAL_EVENT | module.BUY_EVENT
    events["exch_ts"] = events["local_ts"] = trades["ts_event"]
    events["px"], events["qty"] = trades["price"], trades["size"]

    @njit  # type: ignore[untyped-decorator]  # numba's own
    def loop(market: Any_, orders: bool) -> int:
        seen = 0
        while market.wait_next_feed(orders, 10**18) == 2:
            seen += 1
        return seen

    def make() -> tuple[Callable[[], object], Callable[[], object]]:
        asset = (
            module.BacktestAsset().data(events).linear_asset(1.0).constant_order_latency(0, 0)
            .risk_adverse_queue_model().no_partial_fill_exchange().trading_value_fee_model(0.0, 0.0)
            .tick_size(0.01).lot_size(1.0).last_trades_capacity(0)
        )  # fmt: skip
        market = module.HashMapMarketDepthBacktest([asset])
        return lambda: loop(market, orders=False), market.close

    return make
