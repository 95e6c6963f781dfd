"""Each strategy's rule, written down a second time over whole columns, on random walks."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.bank import Bank
from core.events import SECOND, Batch
from core.node import reads
from strategies import ALL, strategy

Column = NDArray[np.float64]
Rule = Callable[..., Sequence[float] | Column]
DAY = 86_400 * SECOND


def changes(signs: Column) -> list[float]:
    """A sign where it is another than the last one that was not 0."""
    found, last = [], 0.0
    for sign in signs:
        found.append(sign if sign and last and sign != last else 0.0)
        last = sign or last
    return found


def crossing(fast: Column, slow: Column, _reach: Column) -> list[float]:
    return changes(np.sign(fast - slow))


def momentum(change: Column, _reach: Column) -> list[float]:
    return changes(np.sign(change))


def outside(value: Column, upper: Column, lower: Column) -> Column:
    return np.where(value > upper, 1.0, np.where(value < lower, -1.0, 0.0))


def breakout(close: Column, upper: Column, middle: Column, lower: Column) -> Column:
    now = np.where(upper > middle, outside(close, upper, lower), 0.0)
    before = np.append(0.0, now[:-1])
    return np.where((now != 0) & (now != before), now, 0.0)


def reversion(close: Column, upper: Column, middle: Column, lower: Column) -> Column:
    now = np.where(upper > middle, outside(close, upper, lower), 0.0)
    before = np.append(0.0, now[:-1])
    return np.where((before != 0) & (now != before), -before, 0.0)


def donchian(close: Column, upper: Column, lower: Column) -> list[float]:
    now = outside(close[1:], upper[:-1], lower[:-1])
    found, last = [0.0], 0.0
    for side in now:
        found.append(side if side and side != last else 0.0)
        last = side or last
    return found


def flip(_close: Column, _stop: Column, trend: Column, _reach: Column) -> list[float]:
    return changes(trend)


def squeeze(close: Column, *lines: Column) -> Column:
    upper, middle, lower, top, bottom = lines
    coiled = (upper < top) & (lower > bottom)
    released = ~coiled & np.append(False, coiled[:-1])
    return np.where(released, np.sign(close - middle), 0.0)


def adx(up: Column, down: Column, trend: Column) -> Column:
    return np.where(trend >= 25.0, changes(np.sign(up - down)), 0.0)


def opening(high: Column, low: Column, close: Column, ts_open: Column, ts_close: Column) -> Column:
    found = np.zeros(len(close))
    session = (ts_open - 13.5 * 3600 * SECOND) // DAY
    for day in np.unique(session):
        begin = day * DAY + 13.5 * 3600 * SECOND
        own = np.flatnonzero(session == day)
        first, rest = own[ts_close[own] <= begin + 1800 * SECOND], own[ts_close[own] > begin + 1800 * SECOND]
        if len(first):
            for side, beyond in ((1.0, close[rest] > high[first].max()), (-1.0, close[rest] < low[first].min())):
                found[rest[beyond][:1]] = side
    return found


def vwap(close: Column, fair: Column, reach: Column) -> Column:
    return reversion(close, fair + 2.0 * reach, fair, fair - 2.0 * reach)


def rsi(index: Column) -> list[float]:
    """Back out of oversold, or of overbought."""
    found, low, high = [], False, False
    for value in index:
        up = low and value >= 30.0
        down = high and value <= 70.0 and not up
        found.append(1.0 if up else -1.0 if down else 0.0)
        low, high = value < 30.0 or (low and not up), value > 70.0 or (high and not down)
    return found


RULES: dict[str, Rule] = {
    "crossover": crossing, "macd_crossover": crossing, "momentum": momentum, "bollinger_breakout": breakout,
    "bollinger_reversion": reversion, "donchian_breakout": donchian, "supertrend_flip": flip,
    "keltner_squeeze": squeeze, "adx_trend": adx, "opening_range": opening, "vwap_reversion": vwap, "rsi_reversal": rsi,
}  # fmt: skip


@pytest.fixture(scope="module")
def bank(kernels: Path) -> Bank:
    return Bank([strategy(name) for name in RULES], ("1m",), kernels)


@pytest.fixture(scope="module", params=range(3))
def run(request: pytest.FixtureRequest, bank: Bank, make_bars: Callable[..., Batch]) -> tuple[Batch, Batch, Batch]:
    """Three days of minutes, and what the bank makes of them."""
    bars = make_bars(4_320, seed=request.param)
    bars["ts_open"] = 20_000 * DAY + np.arange(len(bars)) * 60 * SECOND
    bars["ts_event"] = bars["ts_close"] = bars["ts_open"] + 60 * SECOND
    bars["vwap"] = (bars["high"] + bars["low"] + bars["close"]) / 3
    bars["timeframe"] = bank.lane["frame"][0]
    bank.clear(1)
    return bars, *bank(bars)


def test_every_strategy_has_a_rule() -> None:
    assert set(RULES) == {maker.__name__ for maker in ALL}


@pytest.mark.parametrize("name", RULES)
def test_its_signals_are_those_of_its_rule_at_every_bar(name: str, bank: Bank, run: tuple[Batch, Batch, Batch]) -> None:
    bars, values, _ = run
    node = next(each for each in bank.strategies if each.call.startswith(f"{name}("))
    columns = [values[column] if column in (values.dtype.names or ()) else bars[column] for column in reads(node)]
    ready = ~np.isnan(np.column_stack(columns).astype(np.float64)).any(axis=1)
    side, strength = (values[f"{node.name}_{output}"][ready] for output in ("side", "strength"))
    expected = RULES[name](*(column[ready].astype(np.float64) for column in columns))
    assert side.tolist() == list(expected)
    assert np.count_nonzero(side) >= 3
    assert (strength[side == 0] == 0).all()
    assert ((strength[side != 0] >= 0) & (strength <= 1)[side != 0]).all()


def test_signals_are_the_bars_where_a_side_is_taken(bank: Bank, run: tuple[Batch, Batch, Batch]) -> None:
    _, values, signals = run
    for index, node in enumerate(bank.strategies):
        side = values[f"{node.name}_side"]
        said = signals[signals["strategy"] == index]
        assert said["side"].tolist() == side[np.nan_to_num(side) != 0].tolist()
        assert said["ts_event"].tolist() == values["ts_event"][np.nan_to_num(side) != 0].tolist()
