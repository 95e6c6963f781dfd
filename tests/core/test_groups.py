"""Other nodes for some symbols: the same numbers as in a bank of their own, and nothing for the rest."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from core.bank import Bank
from core.change import prepared
from core.engine import Engine
from core.errors import BadInput
from core.events import SIGNAL, Batch, Symbols, joined
from core.node import Group, Node
from indicators import ema, macd, rsi, sma, trade_size
from strategies import crossover

MakeTrades = Callable[..., Batch]
EVERYONE = (ema(5), sma(9))
MAJORS = Group(("BTC/*",), (sma(20), macd(5, 9, 3), crossover(3, 8), trade_size(4)))
TESTED = Group(("ETH/USD", "BTC/EUR"), (rsi(6, of=sma(20)), ema(5), trade_size(4)))
NAMES = ("BTC/USD", "BTC/EUR", "ETH/USD", "DOGE/USD")


def engine_of(nodes: tuple[Node, ...], folder: Path, *groups: Group, names: tuple[str, ...] = NAMES) -> Engine:
    return Engine(Symbols(names, source="test", grows=True), ("1s", "5s"), nodes, folder, groups=groups)


def of_kind(batches: Sequence[Batch], dtype: np.dtype[np.void]) -> Batch:
    return joined([np.empty(0, dtype), *(batch for batch in batches if batch.dtype is dtype)])


def values_of(engine: Engine, trades: Batch) -> tuple[Batch, Batch]:
    made = [batch for part in np.array_split(trades, 7) for batch in engine(part)]
    return of_kind(made, engine.bank.dtype), of_kind(made, SIGNAL)


def test_a_groups_numbers_are_those_of_a_bank_of_its_own(kernels: Path, make_trades: MakeTrades) -> None:
    trades = make_trades(6_000, symbols=4, seconds=400)
    grouped, signals = values_of(engine_of(EVERYONE, kernels, MAJORS, TESTED), trades)
    alone = {
        members: values_of(engine_of((*EVERYONE, *group.nodes), kernels), trades)
        for members, group in (((0, 1), MAJORS), ((1, 2), TESTED))
    }
    for members, (values, _) in alone.items():
        own = np.isin(values["symbol"], members)
        for column in set(values.dtype.names or ()):
            assert grouped[column][own].tobytes() == values[column][own].tobytes()
    np.testing.assert_array_equal(grouped["ema_5"], alone[0, 1][0]["ema_5"])
    for column, there in {"macd_5_9_3_line": [0, 1], "rsi_6_sma_20": [1, 2], "trade_size_4": [0, 1, 2]}.items():
        assert np.unique(grouped["symbol"][~np.isnan(grouped[column])]).tolist() == there
    _, expected = alone[0, 1]
    expected = expected[np.isin(expected["symbol"], (0, 1))]
    assert len(expected)
    for name in ("ts_event", "symbol", "seq", "seq_all", "side", "strength"):
        assert signals[name].tolist() == expected[name].tolist()


def test_a_symbol_that_comes_later_joins_its_groups(kernels: Path, make_trades: MakeTrades) -> None:
    trades = make_trades(6_000, symbols=4, seconds=400)
    rest = trades[2_000:]
    first = trades[(trades["symbol"] == 0) & (trades["ts_event"] < rest["ts_event"][0])]
    whole = engine_of(EVERYONE, kernels, MAJORS, TESTED)
    engine = engine_of(EVERYONE, kernels, MAJORS, TESTED, names=NAMES[:1])
    for each in (whole, engine):
        each(first)
    for name in NAMES[1:]:
        engine.symbols.add(name)
    assert values_of(engine, rest)[0].tobytes() == values_of(whole, rest)[0].tobytes()


async def test_groups_change_with_the_nodes(tmp_path: Path, make_trades: MakeTrades) -> None:
    trades = make_trades(8_000, symbols=4, seconds=400)
    engine = engine_of(EVERYONE, tmp_path, MAJORS)
    values_of(engine, trades[:4_000])
    other = Group(("DOGE/*",), (sma(20),))
    engine.change(await prepared(engine, EVERYONE, (other,)))
    made = [batch for part in np.array_split(trades[4_000:], 7) for batch in engine(part)]
    values = of_kind(made, engine.bank.dtype)
    assert not any(batch.dtype is SIGNAL for batch in made)
    assert engine.bank.compiled == 0
    assert np.unique(values["symbol"][~np.isnan(values["sma_20"])]).tolist() == [3]
    assert not np.isnan(values["sma_9"]).any()


def test_without_groups_nothing_is_asked_of_a_symbol(kernels: Path) -> None:
    assert "groups" not in Bank(EVERYONE, ("1s",), kernels).source
    assert "t.groups & 2" in Bank(EVERYONE, ("1s",), kernels, groups=(MAJORS, TESTED)).source


def test_more_groups_than_there_are_bits_are_refused(kernels: Path) -> None:
    with pytest.raises(BadInput, match="at most 62 groups"):
        Bank(EVERYONE, ("1s",), kernels, groups=[MAJORS] * 63)
