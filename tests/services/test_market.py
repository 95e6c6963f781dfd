"""What settings make of the market process's engine."""

import time
from pathlib import Path

import pytest

from core.config import load
from core.errors import BadInput
from core.events import SECOND, Symbols
from services.market import live_feed, make_engine

HOUR, DAY = 3600 * SECOND, 86400 * SECOND

GROUPS = """
[data]
folder = "{folder}"
[market]
timeframes = ["1s"]
indicators = ["sma(3)"]
strategies = []
[market.groups]
majors.symbols = ["BTC/*"]
majors.indicators = ["rsi(5)"]
majors.strategies = ["crossover(3, 8)"]
"""


def test_a_group_has_indicators_and_strategies_of_its_own(tmp_path: Path) -> None:
    symbols = Symbols(("ETH/USD", "BTC/USD"), source="test")
    engine = make_engine(load(text=GROUPS.format(folder=tmp_path)), symbols)
    assert [each.name for each in engine.catalogue.indicators if each.name in {"sma_3", "rsi_5"}] == ["sma_3", "rsi_5"]
    assert [each.name for each in engine.catalogue.strategies] == ["crossover_3_8"]
    assert engine.bank.ticks["groups"].tolist() == [0, 1]


def test_a_group_of_nobody_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"group 'majors' has no members: expected some of its symbols \(BTC/\*\)"):
        make_engine(load(text=GROUPS.format(folder=tmp_path)), Symbols(("AAPL",), source="test"))
    make_engine(load(text=GROUPS.format(folder=tmp_path)), Symbols(("AAPL",), source="test", grows=True))


LIVE = """
[data]
folder = "{folder}"
[feed]
venue = "{venue}"
symbols = ["AAPL"]
key = "key"
"""


@pytest.mark.parametrize(("venue", "closed"), [("alpaca", True), ("alpaca_crypto", False)])
def test_a_feed_of_stocks_knows_when_they_are_traded(tmp_path: Path, venue: str, closed: bool) -> None:
    feed, _ = live_feed(load(text=LIVE.format(folder=tmp_path, venue=venue)))
    night = (time.time_ns() // DAY + 7) * DAY + 5 * HOUR  # in New York it is midnight, or one
    assert feed._silence.sessions.open_at(night) != closed
