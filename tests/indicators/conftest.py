"""One bank of every indicator and strategy: compiled once for all tests of what they have in common."""

from pathlib import Path

import pytest

import indicators
import strategies
from core.bank import Bank
from indicators import candles


@pytest.fixture(scope="session")
def bank(kernels: Path) -> Bank:
    makers = [
        maker for maker in (*indicators.ALL, *strategies.ALL) if maker not in candles.ALL
    ]  # test_candles.py has those
    return Bank([maker() for maker in makers], ("1s", "1m"), kernels)
