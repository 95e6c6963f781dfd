"""One bank of every indicator and strategy, and of every call that an oracle knows: compiled once for all tests."""

from pathlib import Path

import pytest

import indicators
import strategies
from core.bank import Bank
from indicators import candles, indicator
from tests.indicators.cases import CASES


@pytest.fixture(scope="session")
def bank(kernels: Path) -> Bank:
    makers = [
        maker for maker in (*indicators.ALL, *strategies.ALL) if maker not in candles.ALL
    ]  # test_candles.py has those
    nodes = [maker() for maker in makers] + [indicator(case.call) for case in CASES]
    return Bank(tuple({node.name: node for node in nodes}.values()), ("1s", "1m"), kernels)
