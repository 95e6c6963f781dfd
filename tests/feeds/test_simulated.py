"""The simulated session: the same for the same seed, and bursty."""

from collections.abc import Iterator

import numpy as np
import pytest

from core.events import QUOTE, SECOND, TRADE, Batch, joined, kind
from feeds.simulated import default_symbols, simulated

START = 1_700_000_000 * SECOND


def session(seed: int = 7, seconds: int = 120, rate: float = 2000.0) -> Iterator[Batch]:
    return simulated(50, seed=seed, start=START, rate=rate, seconds=seconds)


@pytest.fixture(scope="module")
def batches() -> list[Batch]:
    return list(session())


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    first, again, other = (b"".join(batch.tobytes() for batch in session(seed, 5)) for seed in (3, 3, 4))
    assert first == again != other


def test_time_never_runs_backwards_and_trade_ids_rise_by_one(batches: list[Batch]) -> None:
    milliseconds = [int(batch["ts_event"][0]) // 1_000_000 for batch in batches]
    assert milliseconds == sorted(milliseconds)
    trades = joined([batch for batch in batches if batch.dtype is TRADE])
    for symbol in range(50):
        own = trades[trades["symbol"] == symbol]
        assert own["trade_id"].tolist() == list(range(1, len(own) + 1))


def test_prices_are_positive_and_on_the_cent(batches: list[Batch]) -> None:
    trades = joined([batch for batch in batches if batch.dtype is TRADE])
    quotes = joined([batch for batch in batches if batch.dtype is QUOTE])
    assert (trades["price"] > 0).all()
    np.testing.assert_allclose(trades["price"], np.round(trades["price"], 2))
    assert (quotes["bid"] < quotes["ask"]).all()


def test_the_rate_is_what_was_asked_for(batches: list[Batch]) -> None:
    per_second = sum(map(len, batches)) / 120
    assert 1_600 < per_second < 2_400
    assert {kind(batch) for batch in batches} == {"trades", "quotes"}


def test_it_is_as_bursty_as_real_data(batches: list[Batch]) -> None:
    ts = np.concatenate([batch["ts_event"] for batch in batches]) - START
    symbol = np.concatenate([batch["symbol"] for batch in batches])
    per_millisecond = np.bincount(ts // 1_000_000)
    assert per_millisecond.max() >= 100
    assert np.median(per_millisecond) <= 2
    seconds = {int(second) for second in ts[symbol == 40] // SECOND}
    assert 10 < len(seconds) < 118  # a less popular symbol has quiet seconds


def test_there_are_as_many_names_as_asked_for() -> None:
    assert default_symbols(3) == ["AAPL", "MSFT", "NVDA"]
    assert len(set(default_symbols(200))) == 200
