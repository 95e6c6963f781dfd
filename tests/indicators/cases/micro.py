"""What indicators on trades and quotes are compared with: the formulas written out, the slow way."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, TypeAlias

Rows: TypeAlias = dict[str, list[Any]]  # Any: whole numbers and others, a column each


@dataclass(frozen=True)
class Ticks:
    """`scale` is what a billionth is relative to: "value", the "largest" value, or the largest of a column."""

    call: str
    oracle: Callable[[Rows], list[float]]
    scale: str = "value"


def _every(
    call: str, parameters: Sequence[Any], oracle: Callable[..., list[float]], scale: str = "value"
) -> list[Ticks]:
    several = [given if isinstance(given, tuple) else (given,) for given in parameters]
    return [Ticks(call.format(*given), partial(_asked, oracle, given), scale) for given in several]


def _asked(oracle: Callable[..., list[float]], given: tuple[Any, ...], x: Rows) -> list[float]:
    return oracle(x, *given)


def _windows(count: int, period: int, value: Callable[[slice], float], before: int = 0) -> list[float]:
    """`value` of every window of `period` rows that has `before` rows in front of it."""
    late = period - 1 + before
    return [math.nan if i < late else value(slice(i - period + 1, i + 1)) for i in range(count)]


def _signs(x: Rows) -> list[int]:
    prices, found = x["price"], []
    for i, (price, side) in enumerate(zip(prices, x["side"], strict=True)):
        other = next((prices[j] for j in range(i - 1, -1, -1) if prices[j] != price), price)
        found.append(side or (price > other) - (price < other))
    return found


def _signed(x: Rows) -> list[float]:
    return [sign * size for sign, size in zip(_signs(x), x["size"], strict=True)]


def _trade_imbalance(x: Rows, period: int) -> list[float]:
    signed, size = _signed(x), x["size"]

    def one(w: slice) -> float:
        return math.fsum(signed[w]) / math.fsum(size[w]) if any(size[w]) else 0.0

    return _windows(len(size), period, one)


def _covariance(a: Sequence[float], b: Sequence[float]) -> float:
    mean_a, mean_b = math.fsum(a) / len(a), math.fsum(b) / len(b)
    return math.fsum((v - mean_a) * (w - mean_b) for v, w in zip(a, b, strict=True)) / len(a)


def _changes(x: Rows) -> list[float]:
    return [0.0, *(b - a for a, b in zip(x["price"], x["price"][1:], strict=False))]


def _kyle(x: Rows, period: int) -> list[float]:
    change, signed = _changes(x), _signed(x)

    def one(w: slice) -> float:
        spread = _covariance(signed[w], signed[w])
        return _covariance(signed[w], change[w]) / spread if spread > 0 else 0.0

    return _windows(len(change), period, one, 1)


def _roll(x: Rows, period: int) -> list[float]:
    change = _changes(x)
    last = [0.0, *change[:-1]]
    return _windows(len(change), period, lambda w: 2 * math.sqrt(max(-_covariance(change[w], last[w]), 0.0)), 2)


def _trade_rate(x: Rows, period: int) -> list[float]:
    times, rate, found = x["ts_trade"], 0.0, []
    for i in range(len(times)):
        if i >= period and times[i] > times[i - period]:
            rate = period / ((times[i] - times[i - period]) / 1e9)
        found.append(rate if i >= period else math.nan)
    return found


def _vpin(x: Rows, bucket: float, buckets: int) -> list[float]:
    """Bucket by bucket in fractions, a trade cut into pieces one after another."""
    full: list[Fraction] = []
    filled = signed = Fraction(0)
    found = []
    for sign, size in zip(_signs(x), x["size"], strict=True):
        left = Fraction(size)
        while left >= Fraction(bucket) - filled:
            piece = Fraction(bucket) - filled
            full.append(abs(signed + sign * piece))
            left, filled, signed = left - piece, Fraction(0), Fraction(0)
        filled, signed = filled + left, signed + sign * left
        newest = full[-buckets:]
        if newest:
            found.append(float(sum(newest) / (len(newest) * Fraction(bucket))))
        else:
            found.append(float(abs(signed) / filled) if filled else 0.0)
    return found


def _held(x: Rows, names: str, value: Callable[..., float], first: Callable[..., float]) -> list[float]:
    """`value` of the columns, the last one where one of them is 0, and `first` of them where there is none."""
    last, found = None, []
    for row in zip(*(x[name] for name in names.split()), strict=True):
        last = value(*row) if all(row) else last
        found.append(first(*row) if last is None else last)
    return found


def _nothing(*_: float) -> float:
    return 0.0


def _microprice(bid: float, bid_size: float, ask: float, ask_size: float) -> float:
    return (bid * ask_size + ask * bid_size) / (bid_size + ask_size)


def _ofi(x: Rows, period: int) -> list[float]:
    last: tuple[float, ...] | None = None
    came = []
    for row in zip(x["bid"], x["bid_size"], x["ask"], x["ask_size"], strict=True):
        came.append(0.0)
        if all(row):
            if last is not None:
                bids = (row[0] >= last[0]) * row[1] - (row[0] <= last[0]) * last[1]
                asks = (row[2] <= last[2]) * row[3] - (row[2] >= last[2]) * last[3]
                came[-1] = bids - asks
            last = row
    return _windows(len(came), period, lambda w: math.fsum(came[w]), 1)


_BOTH, _ALL = "bid ask", "bid bid_size ask ask_size"

TRADES = (
    Ticks("signed_size", _signed),
    *_every("trade_imbalance({})", (1, 7, 100), _trade_imbalance),
    *_every("kyle({})", (2, 9, 100), _kyle, "largest"),
    *_every("roll({})", (2, 9, 100), _roll, "price"),
    *_every("trade_rate({})", (1, 7, 100), _trade_rate),
    *_every(
        "trade_size({})", (1, 7, 100), lambda x, n: _windows(len(x["size"]), n, lambda w: math.fsum(x["size"][w]) / n)
    ),
    *_every("vpin({}, {})", ((10_000.0, 50), (900.0, 7), (64.0, 3)), _vpin),
)
QUOTES = (
    Ticks("spread", lambda x: _held(x, _BOTH, lambda b, a: a - b, _nothing)),
    Ticks("mid", lambda x: _held(x, _BOTH, lambda b, a: (a + b) / 2, max)),
    Ticks("spread_bps", lambda x: _held(x, _BOTH, lambda b, a: 1e4 * (a - b) / ((a + b) / 2), _nothing)),
    Ticks("microprice", lambda x: _held(x, _ALL, _microprice, lambda *row: max(row[0], row[2]))),
    Ticks("imbalance", lambda x: _held(x, _ALL, lambda *row: (row[1] - row[3]) / (row[1] + row[3]), _nothing)),
    *_every("ofi({})", (1, 7, 100), _ofi, "bid_size"),
)
