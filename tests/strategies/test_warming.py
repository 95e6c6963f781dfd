"""Warm-up: rows until the start no longer matters, found where they are known, and never where there are none."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.bank import Bank
from core.events import BAR, SECOND, Batch
from services.trading.backtests import History
from services.trading.checks import warmth_of
from strategies import ALL, strategy
from strategies.warming import Warmth
from tests.strategies import seeded

pytestmark = pytest.mark.timeout(400)  # kernels are compiled

MakeBars = Callable[..., Batch]


@pytest.fixture
def check(tmp_path: Path, kernels: Path, make_bars: MakeBars) -> Callable[..., Warmth]:
    def run(text: str, bars: Batch | None = None, symbols: tuple[str, ...] = ("A",)) -> Warmth:
        found = History(make_bars(4_000, seed=2) if bars is None else bars, symbols, "1s")
        return warmth_of(text, found, kernels, lambda _done, _work: None)

    return run


def test_an_average_forgets_slowly_and_a_window_at_once(check: Callable[..., Warmth]) -> None:
    found = {each.column: each for each in check("crossover(12, 26)").columns}
    # of how far it is off at the start, 1 % at most, an average of 26 keeps (25/27)^n after n rows
    assert 100 < (found["ema_26"].nearly or 0) - 25 < np.log(1e-7) / np.log(25 / 27)
    assert (found["ema_26"].exactly or 0) > (found["ema_26"].nearly or 0) > (found["ema_12"].nearly or 0)
    assert (found["ema_26"].declared, found["ema_26"].found) == (25, 25)
    window = {each.column: each for each in check("donchian_breakout(20)").columns}
    assert window["donchian_20_upper"].exactly == window["donchian_20_upper"].declared == 19


def test_with_so_many_rows_in_front_all_signals_are_those_of_an_uninterrupted_run(
    check: Callable[..., Warmth], kernels: Path, make_bars: MakeBars
) -> None:
    bars = make_bars(4_000, seed=2)
    result = check("crossover(12, 26)", bars)
    assert result.rows is not None
    assert result.right
    bank = Bank((strategy("crossover(12, 26)"),), ("1s",), kernels)
    bank.clear(1)
    whole = bank(bars)[1]
    for start in (700, 1_234, 1_999):  # none of the starts that were tried need be among them
        bank.clear(1)
        live = bank(bars[start - result.rows :])[1]
        later = bars["ts_event"][start]
        one, other = (said[said["ts_event"] >= later] for said in (whole, live))
        assert one["ts_event"].tolist() == other["ts_event"].tolist()
        assert one["side"].tolist() == other["side"].tolist()
        np.testing.assert_allclose(one["strength"], other["strength"], rtol=1e-8)


def test_what_never_forgets_is_said_to(tmp_path: Path, check: Callable[..., Warmth], make_bars: MakeBars) -> None:
    (tmp_path / "mine.py").write_text(seeded.ENDLESS)
    bars = make_bars(4_000, seed=2)
    bars["open"][0] = bars["close"][0] - 50.0  # a rise that nothing later makes up for
    result = check(f"{tmp_path}/mine.py", bars)
    found = {each.column: each for each in result.columns}
    assert not result.settles
    assert (found["total"].nearly, found["total"].exactly) == (None, None)
    assert (found["total"].declared, found["total"].found, found["total"].right) == (3, 0, False)
    assert result.rows is None


def test_a_frame_strategy_needs_as_many_rows_as_its_longest_window(
    tmp_path: Path, check: Callable[..., Warmth]
) -> None:
    (tmp_path / "mine.py").write_text(seeded.rule(seeded.HONEST["crossing averages"]))
    result = check(f"{tmp_path}/mine.py")
    assert result.rows == 20  # 19 until the first value, one more until it can change
    assert result.settles
    (tmp_path / "mine.py").write_text(seeded.rule(seeded.LOOKING["normalised by the whole frame"]))
    assert not check(f"{tmp_path}/mine.py").settles


def test_rows_are_those_of_a_symbol(check: Callable[..., Warmth], make_bars: MakeBars) -> None:
    """Beside a symbol with few bars another's are counted for themselves."""
    one = make_bars(4_000, seed=2)
    both = np.zeros(6_000, dtype=BAR)
    both[:4_000], both[4_000:] = one, make_bars(2_000, seed=3)
    both["symbol"][4_000:] = 1
    both["ts_event"][4_000:] = both["ts_close"][4_000:] = one["ts_close"][:2_000]
    both = np.frombuffer(bytearray(both[np.lexsort((both["symbol"], both["ts_event"]))].tobytes()), dtype=BAR)
    alone, together = check("donchian_breakout(20)", one), check("donchian_breakout(20)", both, ("A", "B"))
    assert [each.exactly for each in alone.columns[:2]] == [each.exactly for each in together.columns[:2]] == [19, 19]
    assert [(each.declared, each.found) for each in alone.columns] == [
        (each.declared, each.found) for each in together.columns
    ]


@pytest.mark.parametrize("maker", ALL, ids=lambda maker: str(maker.__name__))
def test_every_built_in_one_settles_and_says_its_warm_up(
    maker: Callable[..., object], check: Callable[..., Warmth], make_bars: MakeBars
) -> None:
    bars = make_bars(8_000, seed=9)
    bars["ts_close"] = 1_700_000_000 * SECOND + np.arange(1, len(bars) + 1) * 60 * SECOND
    bars["ts_open"], bars["ts_event"], bars["timeframe"] = bars["ts_close"] - 60 * SECOND, bars["ts_close"], 0
    result = check(maker.__name__, bars)
    assert result.right
    assert result.settles, [each for each in result.columns if each.nearly is None]
