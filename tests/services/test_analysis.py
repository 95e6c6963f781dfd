"""The rule of the analysis, without a database."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.events import SECOND
from services.trading.analysis import Analysis, analyse

NOW = 1_700_000_000 * SECOND


def made(closes: list[float], values: dict[str, float] | None = None, quality: str = "complete") -> Analysis:
    bars: list[dict[str, Any]] = [
        {"open": c, "high": c * 1.001, "low": c * 0.999, "close": c, "quality": quality, "ts_open": NOW + i}
        for i, c in enumerate(closes)
    ]
    return analyse(
        "AAPL", "1m", bars=bars, values=values or {}, signals=[], price=closes[-1] if closes else None,
        opened=bars[0] if bars else None, now=NOW,
    )  # fmt: skip


def values(fast: float, slow: float, histogram: float, middle: float, rsi: float) -> dict[str, float]:
    return {
        "ema_12": fast, "ema_26": slow, "atr_14": 1.0, "macd_12_26_9_histogram": histogram,
        "bollinger_20_2_middle": middle, "bollinger_20_2_upper": middle + 2, "rsi_14": rsi,
    }  # fmt: skip


RISING = [100 + i + 0.1 * (i % 3) for i in range(60)]


def test_five_witnesses_that_agree_are_certain() -> None:
    found = made(RISING, values(159, 150, 0.5, 150, 70))
    assert (found.trend, found.confidence) == ("up", 1.0)
    assert [evidence.vote for evidence in found.evidence] == [1] * 5
    assert all(evidence.because for evidence in found.evidence)


def test_contradiction_is_sideways_and_less_certain() -> None:
    found = made(RISING, values(150, 159, -0.5, 150, 50))
    assert found.trend == "sideways"
    assert found.confidence == pytest.approx(1.0)  # net 0: they do agree on neither
    leaning = made(RISING, values(159, 150, -0.5, 158.9, 50))
    assert leaning.trend == "sideways"
    assert leaning.confidence == pytest.approx(0.8)


def test_incomplete_bars_and_missing_witnesses_lower_the_confidence() -> None:
    full = values(159, 150, 0.5, 150, 70)
    assert made(RISING, full, quality="partial").confidence == 0.0
    fewer = {name: value for name, value in full.items() if not name.startswith(("macd", "rsi"))}
    assert made(RISING, fewer).confidence == pytest.approx(0.6)


def test_without_history_it_says_that_it_does_not_know() -> None:
    for closes in ([], [100.0], RISING[:10]):
        found = made(closes)
        assert (found.trend, found.confidence) == ("unknown", 0.0)
        assert "too little history" in found.note


def test_change_is_measured_from_the_bar_it_names() -> None:
    found = made(RISING)
    assert found.change == pytest.approx(RISING[-1] - RISING[0])
    assert found.change_percent == pytest.approx(100 * (RISING[-1] / RISING[0] - 1))
    assert found.change_since == NOW
    assert found.support is not None
    assert found.resistance is not None
    assert found.support < RISING[-1] < found.resistance


@given(
    fast=some.floats(50, 150), slow=some.floats(50, 150), histogram=some.floats(-5, 5),
    middle=some.floats(50, 150), rsi=some.floats(0, 100), seed=some.integers(0, 1000),
)  # fmt: skip
def test_a_mirrored_market_has_the_mirrored_trend(
    *, fast: float, slow: float, histogram: float, middle: float, rsi: float, seed: int
) -> None:
    closes = 100 + np.cumsum(np.random.default_rng(seed).normal(0, 0.2, 60))
    one = made(closes.tolist(), values(fast, slow, histogram, middle, rsi))
    mirrored = values(200 - fast, 200 - slow, -histogram, 200 - middle, 100 - rsi)
    other = made((200 - closes).tolist(), mirrored)
    swap = {"up": "down", "down": "up"}
    assert 0.0 <= one.confidence <= 1.0
    if [e.vote for e in one.evidence] == [-e.vote for e in other.evidence]:
        assert other.trend == swap.get(one.trend, one.trend)
        assert other.confidence == pytest.approx(one.confidence)
    else:  # only a value right on a margin may round to another side
        assert sum(a.vote != -b.vote for a, b in zip(one.evidence, other.evidence, strict=True)) == 1
