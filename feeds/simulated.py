"""A simulated session: seeded, deterministic, and bursty like real data.

Prices are random walks on a cent grid. Messages come in bursts of heavy-tailed size, each of one symbol and lasting a
few milliseconds, on top of an activity that itself wanders: most symbols have quiet seconds, and now and then a hundred
messages fall into one millisecond (a real symbol peaked at 129). Symbols are popular by Zipf's law.
Source of the shape: self-exciting order flow, Bacry, Mastromatteo, Muzy, Hawkes Processes in Finance (2015).
"""

from collections.abc import Iterator
from itertools import count, islice

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from core.events import QUOTE, SECOND, TRADE, Batch

# fmt: off
_NAMES = (
    "AAPL", "MSFT", "NVDA", "AMZN", "TSLA", "META", "GOOGL", "AMD", "NFLX", "AVGO",
    "JPM", "BAC", "XOM", "CVX", "WMT", "COST", "DIS", "KO", "PEP", "MCD",
    "INTC", "CSCO", "ORCL", "CRM", "ADBE", "QCOM", "TXN", "MU", "AMAT", "PLTR",
    "UBER", "ABNB", "SHOP", "SQ", "PYPL", "COIN", "HOOD", "F", "GM", "T",
    "VZ", "PFE", "MRK", "JNJ", "LLY", "UNH", "CAT", "BA", "GE", "NKE",
)
# fmt: on
_MS = 1_000_000
_STEP = 4e-5  # relative move of a price from one message to the next, standard deviation
_TAIL = 1.35  # a burst's size: Pareto's exponent
_BIGGEST = 400  # messages of one burst
_MEAN = sum(min(size, _BIGGEST) * (size**-_TAIL - (size + 1) ** -_TAIL) for size in range(1, 100_000))
_WIDTH = 2.5 * _MS  # how long a burst lasts
_TRADES = 0.4  # share of messages that are trades


def default_symbols(size: int) -> list[str]:
    """`size` names: fifty well-known ones, then invented ones."""
    return [*_NAMES[:size], *(f"SIM{number}" for number in range(len(_NAMES), size))]


def simulated(
    symbols: int, *, seed: int, start: int, rate: float = 2000.0, seconds: int | None = None
) -> Iterator[Batch]:
    """TRADE and QUOTE batches in time order, a millisecond at a time, its trades before its quotes.

    `start` is in nanoseconds, `rate` in messages a second on average; endless without `seconds`.
    ts_recv equals ts_event, trade_id rises by one per symbol.
    """
    for second in islice(_seconds(symbols, seed, start, rate), seconds):
        edges = np.flatnonzero(np.diff(second["ts"] // _MS)) + 1
        for part in np.split(second, edges):
            yield from _batches(part)


_MESSAGE = np.dtype(
    [("ts", "i8"), ("symbol", "i8"), ("mid", "f8"), ("half", "f8"), ("size", "f8"), ("side", "i8"), ("id", "i8")]
)


def _seconds(symbols: int, seed: int, start: int, rate: float) -> Iterator[Batch]:
    """Each second's messages, trades (id > 0) and quotes (id 0) together, sorted by time."""
    random = np.random.default_rng(seed)
    popularity = 1.0 / np.arange(1, symbols + 1) ** 0.8
    weights: NDArray[np.float64] = popularity / popularity.sum()
    price = np.exp(random.normal(4.6, 0.7, symbols))
    trade_ids = np.zeros(symbols, dtype=np.int64)
    activity = 0.0
    for second in count():
        activity = 0.8 * activity + 0.25 * random.standard_normal()
        ts, symbol = _bursts(random, weights, rate * float(np.exp(activity - 0.09)))
        messages = np.zeros(len(ts), dtype=_MESSAGE)
        messages["ts"], messages["symbol"] = start + second * SECOND + ts, symbol
        messages["mid"] = _walk(random, price, symbol)
        messages["half"] = np.maximum(0.01, np.round(messages["mid"] * 1e-4, 2)) / 2
        messages["size"] = np.ceil(random.lognormal(3.5, 1.2, len(ts)))
        messages["side"] = random.choice((-1, 1), len(ts))
        trades = np.flatnonzero(random.random(len(ts)) < _TRADES)
        messages["id"][trades] = _numbered(symbol[trades], trade_ids)
        yield messages


def _bursts(
    random: Generator, weights: NDArray[np.float64], rate: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Times within a second and symbols of its messages, in time order."""
    bursts = random.poisson(rate / _MEAN)
    sizes = np.minimum(np.ceil(random.pareto(_TAIL, bursts)), _BIGGEST).astype(np.int64)
    symbol = np.repeat(random.choice(len(weights), bursts, p=weights), sizes)
    first = np.repeat(random.integers(0, SECOND, bursts), sizes)
    ts = np.minimum(first + random.exponential(_WIDTH, len(first)).astype(np.int64), SECOND - 1)
    order = np.argsort(ts, kind="stable")
    return ts[order], symbol[order]


def _walk(random: Generator, price: NDArray[np.float64], symbol: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each message's mid price; `price` holds where each symbol's walk has got to."""
    order = np.argsort(symbol, kind="stable")
    moved = np.cumsum(random.normal(0.0, _STEP, len(symbol)))
    own = symbol[order]
    first = np.searchsorted(own, own)  # where each symbol's run begins
    before = np.where(first > 0, moved[first - 1], 0.0)
    walked = np.empty(len(symbol))
    walked[order] = price[own] * np.exp(moved - before)
    price[symbol] = walked  # the last assignment of a symbol is its latest message
    return walked


def _numbered(symbol: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers that rise by one per symbol, going on after `last`, which is moved on."""
    order = np.argsort(symbol, kind="stable")
    own = symbol[order]
    numbers = np.empty(len(symbol), dtype=np.int64)
    numbers[order] = last[own] + 1 + np.arange(len(own)) - np.searchsorted(own, own)
    np.maximum.at(last, symbol, numbers)
    return numbers


def _batches(part: Batch) -> Iterator[Batch]:
    traded = part["id"] > 0
    if traded.any():
        yield _trades(part[traded])
    if not traded.all():
        yield _quotes(part[~traded])


def _trades(messages: Batch) -> Batch:
    trades = np.zeros(len(messages), dtype=TRADE)
    trades["ts_event"] = trades["ts_recv"] = messages["ts"]
    trades["price"] = np.maximum(np.round(messages["mid"] + messages["side"] * messages["half"], 2), 0.01)
    for name, source in (("size", "size"), ("side", "side"), ("symbol", "symbol"), ("trade_id", "id")):
        trades[name] = messages[source]
    return trades


def _quotes(messages: Batch) -> Batch:
    quotes = np.zeros(len(messages), dtype=QUOTE)
    quotes["ts_event"] = quotes["ts_recv"] = messages["ts"]
    quotes["bid"] = np.maximum(np.round(messages["mid"] - messages["half"], 2), 0.01)
    quotes["ask"] = np.round(messages["mid"] + messages["half"], 2) + 0.01 * (messages["half"] < 0.005)
    quotes["bid_size"], quotes["ask_size"] = messages["size"], messages["size"][::-1]
    quotes["symbol"] = messages["symbol"]
    return quotes
