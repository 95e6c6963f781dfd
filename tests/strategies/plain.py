"""The rules of execution written down a second time, in the plainest way."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.events import SECOND
from strategies.terms import Terms

YEAR = 365.25 * 86_400 * SECOND


@dataclass
class Plain:
    """The same rules, in the plainest way."""

    terms: Terms
    cash: float
    held: dict[int, list[float]] = field(default_factory=dict)  # quantity, price, entry, order, due, marked
    fills: list[tuple[Any, ...]] = field(default_factory=list)
    noted: list[float] = field(default_factory=list)  # the equity at each moment that is over
    noted_to: int = 0
    wanted: dict[int, float] = field(default_factory=dict)
    out: bool = False

    def of(self, symbol: int) -> list[float]:
        return self.held.setdefault(symbol, [0.0, 0.0, 0.0, 0.0, 0, 0])

    @property
    def equity(self) -> float:
        return self.cash + sum(each[0] * each[1] for each in self.held.values())

    def lots(self, quantity: float) -> float:
        lot = self.terms.lot
        return float(np.sign(quantity) * np.floor(abs(quantity) / lot + 1e-9) * lot) if lot else quantity

    def trade(self, ts: int, symbol: int, quantity: float, at: float, reason: int) -> None:
        terms, own = self.terms, self.of(symbol)
        price = at * (1 + np.sign(quantity) * (terms.spread / 2 + terms.slippage))
        fee = max(terms.least, abs(quantity) * (price * terms.commission + terms.per_share))
        before, after = own[0], own[0] + quantity
        if before * quantity >= 0:
            own[2] = (own[2] * abs(before) + price * abs(quantity)) / abs(after)
        elif before * after < 0:
            own[2] = price
        own[0] = after
        self.cash -= quantity * price + fee
        self.fills.append((ts, symbol, quantity, price, fee, reason))

    def order(self, x: Any) -> None:
        terms, own = self.terms, self.of(x["symbol"])
        wanted, at = own[0] + own[3], float(x["open"])
        others = sum(abs(each[0] * each[1]) for symbol, each in self.held.items() if symbol != x["symbol"])
        most = self.most(own, wanted, at, others)
        if (abs(wanted) > abs(own[0]) or wanted * own[0] < 0) and abs(wanted) > most:
            wanted = float(np.sign(wanted)) * most
        full = self.lots(wanted - own[0])
        limit = terms.participation * float(x["volume"]) if terms.participation else np.inf
        now = self.lots(float(np.clip(full, -limit, limit)))
        rest = wanted - own[0] - now
        dust = 1e-12 * abs(self.equity) / at
        if abs(now) <= dust:
            own[3] = wanted - own[0] if terms.participation and abs(full) > dust else 0.0
            return
        own[3] = rest if terms.participation and self.lots(rest) else 0.0
        self.trade(x["ts_open"], x["symbol"], now, at, 0)
        own[1] = at

    def most(self, own: list[float], wanted: float, at: float, others: float) -> float:
        """The largest position that leaves no more than the leverage allows, found by halving."""
        terms, side = self.terms, float(np.sign(wanted)) or 1.0
        equity = self.equity + own[0] * (at - own[1])

        def left(size: float) -> float:
            traded = side * size - own[0]
            price = at * (1 + np.sign(traded) * (terms.spread / 2 + terms.slippage))
            fee = max(terms.least, abs(traded) * (price * terms.commission + terms.per_share))
            return float(terms.leverage * (equity - abs(traded) * abs(price - at) - fee) - others - size * at)

        low, high = (0.0 if own[0] * side < 0 else abs(own[0])), abs(wanted)
        if high <= low or left(high) >= 0:
            return high
        if left(low) < 0:
            return low if low else 0.0
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if left(middle) >= 0 else (low, middle)
        return low

    def protect(self, x: Any) -> None:
        own, terms = self.of(x["symbol"]), self.terms
        side = np.sign(own[0])
        stop, target = own[2] * (1 - side * terms.stop), own[2] * (1 + side * terms.target)
        worst, best = (x["low"], x["high"]) if side > 0 else (x["high"], x["low"])
        if terms.stop and (worst - stop) * side <= 0:
            own[3], at = 0.0, x["open"] if (x["open"] - stop) * side <= 0 else stop
            self.trade(x["ts_event"], x["symbol"], -own[0], at, 1)
        elif terms.target and (best - target) * side >= 0:
            own[3], at = 0.0, x["open"] if (x["open"] - target) * side >= 0 else target
            self.trade(x["ts_event"], x["symbol"], -own[0], at, 2)

    def bar(self, x: Any) -> None:
        own, terms = self.of(x["symbol"]), self.terms
        if own[0]:
            self.protect(x)
        if own[0] < 0 and own[5]:
            self.cash += own[0] * float(x["close"]) * terms.borrow / YEAR * (int(x["ts_event"]) - own[5])
        own[1], own[5] = float(x["close"]), int(x["ts_event"])

    def moment(self, bars: list[Any], sides: dict[int, float]) -> None:
        """All bars that close at a moment, and the sides that are wanted then, by symbol."""
        if self.noted_to:
            self.turn()
        for x in bars:
            own = self.of(x["symbol"])
            if not self.out and own[3] and x["ts_open"] >= own[4]:
                self.order(x)
        for x in bars:
            self.bar(x)
        self.noted_to, self.wanted = int(bars[0]["ts_event"]), sides

    def turn(self) -> None:
        """Another moment begins."""
        ts, terms = self.noted_to, self.terms
        if not self.out and self.equity <= 0:
            self.out = True
            for symbol, each in sorted(self.held.items()):
                each[3] = 0.0
                if each[0]:
                    self.trade(ts, symbol, -each[0], each[1], 3)
        self.noted.append(self.equity)
        equity = self.equity
        for symbol, side in [] if self.out else self.wanted.items():
            own = self.of(symbol)
            amount = terms.units or terms.share * equity / own[1]
            own[3] = (side if side > 0 or terms.shorts else 0.0) * amount - own[0]
            own[4] = ts + round(terms.latency_s * 1e9)
