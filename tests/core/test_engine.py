"""The engine: what it refuses, how it numbers, and that it is a function of its batches alone."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.bank import Bank
from core.engine import REFUSED, Engine
from core.errors import BadInput
from core.events import BAR, COMPLETE, QUOTE, SECOND, SIGNAL, TIME, TRADE, VENUE, Batch, Symbols, rows
from indicators import ema, rsi
from strategies import crossover, rsi_reversal

NODES = (ema(3), rsi(5), crossover(3, 8), rsi_reversal(5, 40.0, 60.0))
T0 = 1_700_000_000 * SECOND
MakeTrades = Callable[..., Batch]


@pytest.fixture
def make_engine(kernels: Path) -> Callable[..., Engine]:
    def make(names: Sequence[str] = ("A", "B", "C"), *, bars: str = "trades", grows: bool = False) -> Engine:
        return Engine(Symbols(names, source="test", grows=grows), ("1s", "5s"), NODES, kernels, bars=bars)

    return make


def kinds(batches: Sequence[Batch], dtype: object) -> Batch:
    found = [batch for batch in batches if batch.dtype is dtype]
    return np.concatenate(found) if found else np.empty(0, dtype=dtype)  # type: ignore[call-overload]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=some.lists(some.integers(0, 400), max_size=10), seed=some.integers(0, 99))
def test_batch_equals_one_by_one_equals_ragged(
    make_engine: Callable[..., Engine], make_trades: MakeTrades, cuts: list[int], seed: int
) -> None:
    trades = make_trades(400, symbols=3, seed=seed, seconds=90)

    def run(edges: Sequence[int]) -> list[bytes]:
        engine = make_engine()
        out = [b for start, end in pairwise(edges) for b in engine(trades[start:end])]
        kinds_there = (TRADE, BAR, engine.bank.dtype, SIGNAL)
        return [b"".join(batch.tobytes() for batch in out if batch.dtype is dtype) for dtype in kinds_there]

    whole = run([0, 400])
    assert all(whole[:3])
    assert run(sorted({0, *cuts, 400})) == whole
    assert run(range(401)) == whole


def test_numbers_rise_by_one_per_channel_and_symbol(
    make_engine: Callable[..., Engine], make_trades: MakeTrades
) -> None:
    engine = make_engine()
    trades = make_trades(3_000, symbols=3, seconds=300)
    out = [batch for part in np.array_split(trades, 40) for batch in engine(part)]
    for symbol in range(3):
        for dtype, keys in (
            (TRADE, []),
            (BAR, ["timeframe"]),
            (SIGNAL, ["strategy"]),
            (engine.bank.dtype, ["timeframe"]),
        ):
            own = kinds(out, dtype)
            own = own[own["symbol"] == symbol]
            for value in np.unique(own[keys[0]]) if keys else [None]:
                part = own if value is None else own[own[keys[0]] == value]
                assert part["seq"].tolist() == list(range(1, len(part) + 1))
        signals = kinds(out, SIGNAL)
        assert len(signals) > 10
        of_all = signals[signals["symbol"] == symbol]["seq_all"]
        assert of_all.tolist() == list(range(1, len(of_all) + 1))


def test_it_goes_on_numbering_after_the_stored_positions(
    make_engine: Callable[..., Engine], make_trades: MakeTrades
) -> None:
    trades = make_trades(600, symbols=1, seconds=100)
    first, second = make_engine(("A",)), make_engine(("A",))
    for batch in (before := list(first(trades[:300]))):
        assert len(batch)
    strategy = NODES[2].name
    signals = kinds(before, SIGNAL)
    crossed = int((signals["strategy"] == 0).sum())
    second.resume(
        {
            ("trades", "A"): 300,
            ("bars.1s", "A"): 7,
            ("signals.*", "A"): 9,
            (f"signals.{strategy}", "A"): crossed,
            ("bars.1h", "A"): 5,
            ("trades", "gone"): 5,
        }
    )
    after = second(trades[300:])
    assert kinds(after, TRADE)["seq"][0] == 301
    assert kinds(after, BAR)["seq"][kinds(after, BAR)["timeframe"] == 0][0] == 8
    assert kinds(after, SIGNAL)["seq_all"][0] == 10


def test_it_leaves_out_the_numbers_that_rows_nobody_can_read_may_have(
    make_engine: Callable[..., Engine], make_trades: MakeTrades
) -> None:
    engine = make_engine(("A",), grows=True)
    engine.resume({("trades", "A"): 300, ("trades", "B"): 20}, missed=7)
    engine.symbols.add("B")  # known before, and met again
    engine.symbols.add("C")  # never heard of, as far as can be read
    found = list(engine(make_trades(600, symbols=3, seconds=100)))
    trades, bars = kinds(found, TRADE), kinds(found, BAR)
    assert [int(trades["seq"][trades["symbol"] == symbol].min()) for symbol in range(3)] == [308, 28, 8]
    assert bars["seq"].min() == 8
    assert kinds(found, SIGNAL)["seq_all"].min() == 8


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("price", np.nan, "bad_price"),
        ("price", -1.0, "bad_price"),
        ("price", 0.0, "bad_price"),
        ("price", np.inf, "bad_price"),
        ("size", -1.0, "bad_size"),
        ("size", np.nan, "bad_size"),
        ("symbol", 3, "unknown_symbol"),
        ("symbol", -1, "unknown_symbol"),
        ("ts_event", 0, "bad_time"),
        ("ts_event", T0 + 10**18, "bad_time"),
    ],
)
def test_a_bad_row_is_refused_by_name_and_the_rest_goes_on(
    make_engine: Callable[..., Engine], make_trades: MakeTrades, field: str, value: float, reason: str
) -> None:
    engine = make_engine()
    trades = make_trades(300, symbols=3, seconds=20)
    clean = make_engine()(trades[np.arange(300) != 100])
    trades[100][field] = value
    out = engine(trades)
    assert dict(zip(REFUSED, engine.refused.tolist(), strict=True))[reason] == 1
    assert engine.refused.sum() == 1
    assert len(out[0]) == 299
    assert [batch.tobytes() for batch in out[1:]] == [batch.tobytes() for batch in clean[1:]]


def test_bad_quotes_are_refused_and_an_empty_side_is_not(make_engine: Callable[..., Engine]) -> None:
    good = (T0, T0, 0, 10.0, 1.0, 10.1, 1.0, 0)
    engine = make_engine()
    quotes = rows(QUOTE, [good, (T0, T0, 0, np.nan, 1.0, 10.1, 1.0, 0), (T0, T0, 0, 10.0, -1.0, 10.1, 1.0, 1),
                          (T0, T0, 0, 0.0, 0.0, 10.1, 1.0, 1)])  # fmt: skip
    (out,) = engine(quotes)
    assert out["seq"].tolist() == [1, 1]
    assert engine.refused.sum() == 2


def test_what_it_was_given_it_never_changes(make_engine: Callable[..., Engine], make_trades: MakeTrades) -> None:
    trades = make_trades(500, symbols=3)
    trades.flags.writeable = False
    before = trades.tobytes()
    make_engine()(trades)
    assert trades.tobytes() == before


def test_time_rows_close_bars_and_feed_the_bank(make_engine: Callable[..., Engine], make_trades: MakeTrades) -> None:
    engine = make_engine()
    engine(make_trades(100, symbols=3, seconds=0.5))
    bars, values = engine(rows(TIME, [(T0 + 10 * SECOND, T0 + 10 * SECOND)]))[:2]
    assert len(bars) == len(values) == 6
    assert engine(rows(TIME, [(T0 + 11 * SECOND, T0)])) == ()


def test_symbols_that_come_later_find_room(make_engine: Callable[..., Engine], make_trades: MakeTrades) -> None:
    engine = make_engine((), grows=True)
    alone = make_engine([f"S{i}" for i in range(100)])
    trades = make_trades(3_000, symbols=100, seconds=30)
    grown: list[Batch] = []
    for part in np.array_split(trades, 30):
        for symbol in part["symbol"]:
            while len(engine.symbols) <= symbol:
                engine.symbols.id(f"S{len(engine.symbols)}")
        grown += engine(part)
    whole = alone(trades)
    assert kinds(grown, BAR).tobytes() == kinds(whole, BAR).tobytes()
    assert kinds(grown, engine.bank.dtype).tobytes() == kinds(whole, alone.bank.dtype).tobytes()


def test_warming_up_leaves_no_trace(make_engine: Callable[..., Engine], kernels: Path) -> None:
    engine = make_engine()
    new = Bank(NODES, ("1s", "5s"), kernels)
    new.grow(len(engine.bank.ticks))
    for name in ("state", "ticks", "lane", "forming"):
        warm, cold = getattr(engine.bank, name), getattr(new, name)
        assert warm.tobytes() == cold.tobytes()
    assert engine.bank.book["born"] == new.book["born"]
    assert not engine.refused.any()


def venue_bars(count: int) -> Batch:
    bars = np.zeros(count, dtype=BAR)
    bars["close"] = bars["open"] = bars["high"] = bars["low"] = np.linspace(100, 110, count)
    bars["ts_close"] = bars["ts_event"] = bars["ts_recv"] = T0 + np.arange(count) * SECOND
    bars["closed"], bars["origin"], bars["quality"] = 1, VENUE, COMPLETE
    return bars


def test_venue_bars_are_kept_beside_our_own_or_drive_the_bank_when_asked_to(make_engine: Callable[..., Engine]) -> None:
    (kept,) = make_engine()(venue_bars(5))
    assert (kept["origin"] == VENUE).all()
    assert (kept["seq"] == 0).all()
    bars, values = make_engine(bars="venue")(venue_bars(5))
    assert bars["seq"].tolist() == [1, 2, 3, 4, 5]
    assert np.isfinite(values["ema_3"]).sum() == 3


def test_a_venue_bar_that_makes_no_sense_is_refused(make_engine: Callable[..., Engine]) -> None:
    bars = venue_bars(9)
    bars["low"][0], bars["high"][1], bars["symbol"][2], bars["close"][3] = np.nan, np.inf, 99, np.nan
    bars["open"][4], bars["vwap"][5], bars["volume"][6], bars["close"][7] = 1.0, np.inf, -1.0, 1e6
    engine = make_engine(bars="venue")
    assert len(engine(bars)[0]) == 1
    assert engine.refused[:2].tolist() == [1, 7]


def test_an_unknown_kind_of_batch_is_refused_with_a_sentence(make_engine: Callable[..., Engine]) -> None:
    with pytest.raises(BadInput, match="expected a batch of TRADE, QUOTE, BAR, TIME, MISSED, HISTORY or AMENDMENT"):
        make_engine()(np.zeros(1, dtype=[("x", "f8")]))
