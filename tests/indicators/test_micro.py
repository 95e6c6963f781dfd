"""Every indicator on trades and quotes: against an oracle, compiled against plain Python, sampled at a bar's close."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import indicators
from core.bank import NO_TRADES, Bank
from core.events import QUOTE, SECOND, TRADE, Batch
from core.node import FIELDS, STORED, Node
from core.plain import over
from indicators import indicator
from tests.indicators.cases.micro import QUOTES, TRADES, Rows, Ticks

pytestmark = pytest.mark.timeout(400)  # the first test waits for the compiler of a large bank

START = 1_700_000_000 * SECOND
COUNT = 700
KINDS = ("walk", "still", "offset", "spiky", "unsided", "bursts")
BOOKS = ("walk", "still", "offset", "spiky", "empty_first", "crossed")
NODES = {node.name: node for node in (indicator(case.call) for case in (*TRADES, *QUOTES))}


def made_trades(kind: str, count: int = COUNT) -> Batch:
    random = np.random.default_rng(21)
    trades = np.zeros(count, dtype=TRADE)
    steps = random.integers(-2, 3, count)
    trades["price"] = (1e9 if kind == "offset" else 100.0) + 0.01 * np.cumsum(steps if kind != "still" else 0 * steps)
    trades["size"] = random.integers(1, 500, count) if kind != "still" else 5.0
    if kind == "spiky":
        trades["size"] = random.exponential(3.0, count) * np.where(random.random(count) < 0.02, 1e5, 1.0)
        trades["size"][300:420] = 0.0
    trades["side"] = random.integers(-1, 2, count) if kind not in {"unsided", "still"} else 0
    gaps = random.integers(1, 10**9, count) * (random.random(count) < (0.01 if kind == "bursts" else 0.9))
    trades["ts_event"] = START + np.cumsum(gaps)
    trades["ts_recv"] = trades["ts_event"]
    return trades


def made_quotes(kind: str, count: int = COUNT) -> Batch:
    random = np.random.default_rng(22)
    quotes = np.zeros(count, dtype=QUOTE)
    middle = (1e9 if kind == "offset" else 100.0) + 0.01 * np.cumsum(random.integers(-1, 2, count))
    quotes["bid"] = middle - (0.01 * random.integers(1, 4, count) if kind != "crossed" else -0.01)
    quotes["ask"] = middle + 0.01 * random.integers(1, 4, count) * (kind != "crossed")
    for size in ("bid_size", "ask_size"):
        quotes[size] = random.integers(1, 900, count) * (1e-6 if kind == "spiky" else 1.0)
        quotes[size] *= np.where(random.random(count) < 0.02, 1e8, 1.0) if kind == "spiky" else 1.0
    if kind == "still":
        quotes[:] = quotes[0]
    for side in ("bid", "ask"):
        gone = random.random(count) < (0.1 if kind != "still" else 0.0)
        gone[:3] |= kind == "empty_first"
        quotes[side][gone] = 0.0
        quotes[f"{side}_size"][gone | (random.random(count) < 0.05)] *= kind == "still"
    quotes["ts_event"] = quotes["ts_recv"] = START + SECOND * np.arange(count)
    return quotes


def rows(batch: Batch, kind: str) -> Rows:
    return {name: batch[STORED.get(name, name)].tolist() for name in FIELDS[kind]}  # type: ignore[index]


def compared(case: Ticks, x: Rows) -> None:
    node, right = indicator(case.call), case.oracle(x)
    found = over(node, **x)
    assert all(math.isnan(value) for value in found[: node.ready_after])
    assert all(math.isfinite(value) for value in found[node.ready_after :])
    scale = np.nanmax(np.abs({**x, "value": [0.0], "largest": right}[case.scale]))
    np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9 * scale, equal_nan=True, err_msg=case.call)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", TRADES, ids=[case.call for case in TRADES])
def test_values_equal_the_oracle_at_every_trade(case: Ticks, kind: str) -> None:
    compared(case, rows(made_trades(kind), "trades"))


@pytest.mark.parametrize("kind", BOOKS)
@pytest.mark.parametrize("case", QUOTES, ids=[case.call for case in QUOTES])
def test_values_equal_the_oracle_at_every_quote(case: Ticks, kind: str) -> None:
    compared(case, rows(made_quotes(kind), "quotes"))


@pytest.fixture(scope="module")
def bank(kernels: Path) -> Bank:
    return Bank(tuple(NODES.values()), ("1s",), kernels)


def values_of(bank: Bank, batches: list[Batch]) -> Iterator[Batch]:
    return (batch for batch in batches if batch.dtype is bank.dtype)


def by_hand(node: Node, x: Rows) -> np.ndarray:
    return np.array(over(node, **x), dtype=float)


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_on_trades_equals_interpreted_bit_for_bit(kind: str, bank: Bank) -> None:
    trades = made_trades(kind)
    trades["ts_event"] = START + SECOND * np.arange(COUNT) + trades["ts_event"] % SECOND  # a second each
    bank.clear(1)
    end = int(trades["ts_event"][-1]) + 2 * SECOND
    found = [*values_of(bank, bank.take(trades)), *values_of(bank, bank.take(NO_TRADES, end, end))]
    values = np.concatenate(found)
    assert len(values) == COUNT
    for node in (node for node in NODES.values() if node.on == "trades"):
        np.testing.assert_array_equal(values[node.name], by_hand(node, rows(trades, "trades")), err_msg=node.name)


@pytest.mark.parametrize("kind", BOOKS)
def test_compiled_on_quotes_equals_interpreted_bit_for_bit(kind: str, bank: Bank) -> None:
    quotes, trade = made_quotes(kind), made_trades("walk", 1)
    bank.clear(1)
    values: list[Batch] = []
    for i in range(COUNT):
        trade["ts_event"] = quotes["ts_event"][i]
        bank.take(trade)
        bank.note(quotes[i : i + 1])
        end = int(quotes["ts_event"][i]) + SECOND
        values += values_of(bank, bank.take(NO_TRADES, end, end))
    whole = np.concatenate(values)
    assert len(whole) == COUNT
    for node in (node for node in NODES.values() if node.on == "quotes"):
        np.testing.assert_array_equal(whole[node.name], by_hand(node, rows(quotes, "quotes")), err_msg=node.name)


def test_a_bar_shows_what_was_known_when_it_closed_and_symbols_stay_apart(bank: Bank) -> None:
    trades = made_trades("walk")
    trades["symbol"] = np.arange(COUNT) % 3
    bank.clear(3)
    end = int(trades["ts_event"][-1]) + 2 * SECOND
    batches = [*bank.take(trades), *bank.take(NO_TRADES, end, end)]
    values = np.concatenate(list(values_of(bank, batches)))
    for symbol in range(3):
        own, seen = trades[trades["symbol"] == symbol], values[values["symbol"] == symbol]
        before = np.searchsorted(own["ts_event"], seen["ts_event"]) - 1  # the last trade before the bar's end
        for node in (node for node in NODES.values() if node.on == "trades"):
            np.testing.assert_array_equal(seen[node.name], by_hand(node, rows(own, "trades"))[before], node.name)


def test_nothing_drifts(bank: Bank) -> None:
    trades = made_trades("spiky", 50_000)
    trades["price"] *= 1.1
    trades["size"] += 0.1
    trades["ts_event"] = trades["ts_recv"] = START + SECOND * np.arange(len(trades))
    end = int(trades["ts_event"][-1]) + 2 * SECOND
    last = []
    for given in (trades, trades[-400:]):
        bank.clear(1)
        last.append(np.concatenate(list(values_of(bank, [*bank.take(given), *bank.take(NO_TRADES, end, end)])))[-1])
    for node in (node for node in NODES.values() if node.on == "trades" and not node.name.startswith("vpin")):
        np.testing.assert_allclose(last[0][node.name], last[1][node.name], rtol=1e-11, err_msg=node.name)


def test_a_restored_snapshot_goes_on_as_if_never_stopped(bank: Bank) -> None:
    trades, quotes = made_trades("walk"), made_quotes("walk")
    end = int(trades["ts_event"][-1]) + 2 * SECOND
    bank.clear(1)
    bank.note(quotes[:300])
    bank.take(trades[:300])
    snapshot = bank.state.copy(), bank.ticks.copy(), bank.forming.copy()
    expected = bank.note(quotes[300:]), *bank.take(trades[300:], end, end)
    bank.clear(1)
    bank.state[:], bank.ticks[:], bank.forming[:] = snapshot
    bank.book["born"] = START
    again = bank.note(quotes[300:]), *bank.take(trades[300:], end, end)
    assert [batch.tobytes() for batch in again if batch.dtype is bank.dtype] == [
        batch.tobytes() for batch in expected if batch.dtype is bank.dtype
    ]


def test_every_indicator_on_trades_or_quotes_is_compared() -> None:
    compared_ = {indicator(case.call).step for case in (*TRADES, *QUOTES)}
    assert {
        maker.__name__ for maker in indicators.ALL if maker().on != "bars" and maker().step not in compared_
    } == set()
