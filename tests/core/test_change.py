"""Other nodes in a running engine: compiled elsewhere, nothing lost, nothing of the past forgotten."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from core.adopted import adopted
from core.bank import Bank
from core.change import prepared
from core.engine import Engine
from core.errors import CandelaError
from core.events import BAR, TRADE, Batch, Symbols
from core.node import Node, State, step
from indicators import ema, highest, rsi, sma, trade_size, var
from strategies import crossover

MakeTrades = Callable[..., Batch]
BEFORE = (ema(5), sma(9), trade_size(3), crossover(3, 8))
AFTER = (sma(9), ema(5), var(40), highest(30), crossover(3, 8), rsi(6))


def values_of(engine: Engine, batches: Sequence[Batch]) -> Batch:
    return np.concatenate([batch for batch in batches if batch.dtype is engine.bank.dtype])


def engine_of(nodes: tuple[Node, ...], folder: Path) -> Engine:
    return Engine(Symbols(("A", "B"), source="test"), ("1s", "5s"), nodes, folder)


async def test_nodes_that_stay_go_on_and_new_ones_warm_up(tmp_path: Path, make_trades: MakeTrades) -> None:
    trades = make_trades(6_000, symbols=2, seconds=400)
    changing, steady = engine_of(BEFORE, tmp_path), engine_of(BEFORE, tmp_path)
    first = [batch for part in np.array_split(trades[:3_000], 20) for batch in changing(part)]
    bank = await prepared(changing, AFTER)
    assert bank.compiled == 0  # the other process did
    changing.change(bank)
    second = [batch for part in np.array_split(trades[3_000:], 20) for batch in changing(part)]
    known = [batch for part in np.array_split(trades, 40) for batch in steady(part)]
    assert sum(len(batch) for batch in (*first, *second) if batch.dtype is TRADE) == 6_000
    for dtype in (TRADE, BAR):
        got = b"".join(batch.tobytes() for batch in (*first, *second) if batch.dtype is dtype)
        assert got == b"".join(batch.tobytes() for batch in known if batch.dtype is dtype)
    after, whole = values_of(changing, second), values_of(steady, known)
    for column in ("ema_5", "sma_9", "crossover_3_8_side"):
        np.testing.assert_array_equal(after[column], whole[column][-len(after) :])
    own = after[(after["symbol"] == 0) & (after["timeframe"] == 0)]
    assert np.isnan(own["rsi_6"][:6]).all()
    assert np.isfinite(own["rsi_6"][6:]).all()
    assert np.isfinite(own["var_40"][39:]).all()
    assert np.isnan(own["highest_30"][:29]).all()


async def test_a_past_that_has_to_be_longer_keeps_what_it_has(tmp_path: Path, make_trades: MakeTrades) -> None:
    bars = Bank((sma(5),), ("1s",), tmp_path)
    bars.grow(1)
    for i in range(23):
        bars.update(bars.place(), float(i))
    longer = Bank((sma(5), sma(90)), ("1s",), tmp_path)
    adopted(bars, longer)
    for i in range(23, 23 + 90):
        longer.update(longer.place(), float(i))
        assert longer.latest["sma_5"][0, 0] == i - 2
    assert longer.latest["sma_90"][0, 0] == 22 + 90 - 44.5


async def test_the_loop_goes_on_while_another_process_compiles(tmp_path: Path) -> None:
    engine = engine_of(BEFORE, tmp_path)
    turns, done = 0, asyncio.create_task(prepared(engine, AFTER))
    while not done.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 50  # on the loop itself there would be one
    assert done.result().compiled == 0


@step
def _broken(_s: State, _p: State, close: float) -> float:
    return close.nothing_of_the_kind  # type: ignore[attr-defined,no-any-return]


async def test_a_node_that_does_not_compile_is_said_and_changes_nothing(tmp_path: Path) -> None:
    engine = engine_of(BEFORE, tmp_path)
    running = engine.bank
    with pytest.raises(CandelaError, match="did not compile"):
        await prepared(engine, (Node(_broken, ("close",), name="broken"),))
    assert engine.bank is running
