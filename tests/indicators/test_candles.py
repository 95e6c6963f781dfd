"""Every candlestick pattern against TA-Lib, on candles made so that every one of them occurs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import talib
from talib import abstract

from core.bank import Bank
from core.events import BAR, Batch
from core.node import FIELDS, Node
from core.plain import together
from indicators.candles import ALL, cdl_abandonedbaby, cdl_mathold
from tests.indicators.assembly import counted

pytestmark = pytest.mark.timeout(400)  # the first test waits for the compiler of a large bank

TICK = 0.125  # a binary fraction: sums of ranges are exact, so that no comparison hangs on the last bit
COUNT = 400_000
NODES = [*(maker() for maker in ALL), cdl_abandonedbaby(0.1), cdl_mathold(0.2)]


def candles(seed: int, count: int) -> Batch:
    """Candles on a grid of ticks, with dojis, marubozus, gaps and runs of one colour."""
    random = np.random.default_rng(seed)
    bars = np.zeros(count, dtype=BAR)
    colour = np.cumsum(random.random(count) < 0.35) % 2 * 2 - 1  # runs
    body = random.choice([0, 1, 2, 4, 8, 16, 24], count) * np.where(random.random(count) < 0.15, -colour, colour)
    gap = random.choice([0, 0, 0, 1, -1], count) * random.integers(0, 9, count)
    opens = np.cumsum(gap + np.concatenate([[0], body[:-1]])) * TICK
    bars["open"] = 5_000 + (opens - np.linspace(0, opens[-1], count) // TICK * TICK)
    bars["close"] = bars["open"] + body * TICK
    for name, sign, end in (("high", 1, np.maximum), ("low", -1, np.minimum)):
        shadow = random.choice([0, 0, 0, 1, 2, 8, 16], count) * TICK
        bars[name] = end(bars["open"], bars["close"]) + sign * shadow
    return bars


def expected(node: Node, bars: Batch) -> np.ndarray:
    name = "CDL" + node.step.__name__[1:].upper()
    given = {} if not node.constants or "penetration" not in node.constants else dict(node.constants)
    columns = [np.ascontiguousarray(bars[field]) for field in ("open", "high", "low", "close")]
    found = getattr(talib, name)(*columns, **given).astype(float)
    lookback = abstract.Function(name, **given).lookback  # type: ignore[attr-defined]  # made as it is imported
    found[:lookback] = np.nan
    return np.asarray(found)


@pytest.fixture(scope="module")
def bank(kernels: Path) -> Bank:
    return Bank(NODES, ("1s",), kernels)


@pytest.fixture(scope="module")
def made(bank: Bank) -> tuple[Batch, Batch]:
    bars = candles(1, COUNT)
    bank.clear(1)
    return bars, bank(bars)[0]


@pytest.mark.parametrize("node", NODES, ids=[node.name for node in NODES])
def test_a_pattern_is_seen_where_talib_sees_it(node: Node, made: tuple[Batch, Batch]) -> None:
    bars, values = made
    right = expected(node, bars)
    assert np.nansum(np.abs(right)) > 0, "it does not occur on these candles"
    np.testing.assert_array_equal(values[node.name], right)


def test_the_whole_family_is_there() -> None:
    theirs = {name for name in talib.get_functions() if name.startswith("CDL")}
    ours = {"CDL" + maker.__name__[4:].upper() for maker in ALL}
    assert ours <= theirs
    assert len(ours) == 61


def test_patterns_on_real_looking_prices_differ_by_nothing(bank: Bank, make_bars: Callable[..., Batch]) -> None:
    bars = make_bars(20_000, seed=3)
    bank.clear(1)
    values, _ = bank(bars)
    for node in NODES:
        np.testing.assert_array_equal(values[node.name], expected(node, bars), err_msg=node.name)


def test_compiled_equals_interpreted_and_whole_equals_ragged(bank: Bank) -> None:
    bars = candles(2, 400)
    bank.clear(1)
    values, _ = bank(bars)
    right = together(NODES, {name: bars[name].tolist() for name in FIELDS["bars"]})
    for node in NODES:
        np.testing.assert_array_equal(values[node.name], right[node.name], err_msg=node.name)
    bank.clear(1)
    assert b"".join(bank(part)[0].tobytes() for part in np.array_split(bars, 37)) == values.tobytes()


def test_no_reference_is_counted(bank: Bank) -> None:
    """Counting references of views costs six times the arithmetic; an argument may be counted, once a call."""
    assert [name for name, times in counted(bank).items() if times > 1] == []
