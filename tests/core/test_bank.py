"""The bank: its source, its cache, its machine code."""

import math
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.bank import Bank
from core.compiled import interpreted
from core.errors import BadInput
from core.events import BAR, Batch
from indicators import ALL, ema
from strategies import crossover


def test_the_source_reads_like_a_spreadsheet(kernels: Path) -> None:
    source = Bank((crossover(12, 26),), ("1s",), kernels).source
    assert "    ema_12 = indicators_ema_ema(s.ema_12, p_ema_12, x.close)\n" in source
    assert re.search(r"strategies_crossover_crossed\(s.crossover_12_26, 0, ema_12, ema_26, atr_14\)", source)
    assert source.count("ema_12 = indicators_ema_ema(") == 1


def test_a_node_needed_twice_is_computed_once(kernels: Path) -> None:
    bank = Bank((ema(12), crossover(12, 26), crossover(12, 50)), ("1s",), kernels)
    assert [node.name for node in bank.nodes].count("ema_12") == 1


def test_two_different_nodes_of_one_name_are_refused(kernels: Path) -> None:
    other = replace(ema(5), name="ema_12")
    with pytest.raises(BadInput, match="two different nodes are called 'ema_12'"):
        Bank((ema(12), other), ("1s",), kernels)


@pytest.mark.parametrize("name", ["a b", "a;import os", "1a", "é"])
def test_a_name_that_is_not_an_identifier_never_reaches_the_source(name: str) -> None:
    with pytest.raises(BadInput, match="letters, digits"):
        replace(ema(12), name=name)


@pytest.mark.parametrize("name", ["signals", "x", "_private", "nan"])
def test_a_name_the_kernel_uses_itself_is_refused(kernels: Path, name: str) -> None:
    with pytest.raises(BadInput, match="rename"):
        Bank((replace(ema(12), name=name),), ("1s",), kernels)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("symbol", 2), ("symbol", -1), ("timeframe", 1), ("timeframe", -1), ("timeframe", 99),
        ("close", math.nan), ("high", math.inf), ("volume", -math.inf), ("vwap", math.nan),
    ],
)  # fmt: skip
def test_a_bar_it_cannot_take_is_refused_before_anything_changes(
    kernels: Path, make_bars: Callable[..., Batch], field: str, value: float
) -> None:
    bank = Bank((ema(3),), ("1s",), kernels)
    bank.grow(2)
    bars = make_bars(6)
    bars[field][4] = value
    before = bank.state.tobytes()
    with pytest.raises(BadInput, match=r"bar 4 cannot be taken: expected a symbol below 2"):
        bank(bars)
    assert bank.state.tobytes() == before
    assert len(bank(bars[:4])[0]) == 4


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_an_update_with_what_is_no_number_does_nothing(kernels: Path, number: float) -> None:
    bank = Bank((ema(3),), ("1s",), kernels)
    bank.grow(1)
    before = bank.state.tobytes()
    assert bank.update(bank.place(), number) == -1
    assert bank.state.tobytes() == before
    assert bank.update(bank.place(), 1.0) == 0


@pytest.mark.parametrize("where", [(2, "1s"), (-1, "1s"), (0, "1h")])
def test_a_place_for_nobody_is_refused(kernels: Path, where: tuple[int, str]) -> None:
    bank = Bank((ema(3),), ("1s",), kernels)
    bank.grow(2)
    with pytest.raises(BadInput, match="expected a symbol below 2"):
        bank.place(*where)


def test_places_and_values_stay_as_a_bank_grows(kernels: Path) -> None:
    bank = Bank((ema(1),), ("1s", "1m"), kernels)
    bank.grow(2)
    places = {(symbol, frame): bank.place(symbol, frame) for symbol in range(2) for frame in ("1s", "1m")}
    bank.update(places[1, "1m"], 7.0)
    for symbols in (3, 50, 1, 400):
        bank.grow(symbols)
        places |= {(symbol, frame): bank.place(symbol, frame) for symbol in range(symbols) for frame in ("1s", "1m")}
    assert bank.latest["ema_1"][1, 1] == 7.0
    assert np.isnan(bank.latest["ema_1"]).sum() == bank.latest.size - 1
    for number, place in enumerate(places.values()):
        assert bank.update(place, float(number)) == 0
    for number, (symbol, frame) in enumerate(places):
        assert bank.latest["ema_1"][("1s", "1m").index(frame), symbol] == number
    bank.clear(1)
    assert bank.update(places[399, "1m"], 5.0) == 0  # memory of its own, though nobody is there now
    assert np.isnan(bank.latest["ema_1"][:, 0]).all()


def test_a_batch_of_something_else_is_refused(kernels: Path) -> None:
    with pytest.raises(BadInput, match="expected a batch of BAR rows"):
        Bank((ema(1),), ("1s",), kernels)(np.zeros(1, dtype=[("close", BAR["close"])]))


def test_a_node_without_a_name_is_refused(kernels: Path) -> None:
    with pytest.raises(BadInput, match="a node needs a name"):
        Bank((replace(ema(12), name=""),), ("1s",), kernels)


def test_an_edit_to_a_step_or_to_what_it_calls_is_never_answered_with_the_old_machine_code(tmp_path: Path) -> None:
    package = tmp_path / "mine"
    package.mkdir()
    program = textwrap.dedent(
        """
        import sys; sys.path.insert(0, sys.argv[1])
        from pathlib import Path
        import numpy as np
        from core.bank import Bank
        from core.events import BAR
        from core.node import Node
        from mine.steps import plus
        bank = Bank((Node(plus, ("close",), name="plus"),), ("1s",), Path(sys.argv[1]) / "kernels")
        bank.grow(1)
        print(bank(np.zeros(1, BAR))[0]["plus"][0], bank.compiled)
        """
    )
    (package / "steps.py").write_text(
        "from core.node import step\nfrom mine.inner import inner\n@step\ndef plus(s, p, v):\n    return inner(v)\n"
    )

    def run(constant: float) -> list[str]:
        (package / "inner.py").write_text(
            f"from core.node import step\nADD = {constant}\n@step\ndef inner(v):\n    return v + ADD\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        return done.stdout.split()

    assert run(2.0) == ["2.0", "5"]
    assert run(2.0) == ["2.0", "0"]  # from the cache
    assert run(100.0) == ["100.0", "5"]


def test_an_interpreted_step_calls_interpreted_steps() -> None:
    for maker in ALL:
        plain = interpreted(maker().step)
        compiled = [name for name in plain.__code__.co_names if hasattr(plain.__globals__.get(name), "py_func")]
        assert compiled == []


def test_a_bank_that_is_cleared_again_and_again_takes_no_more_memory(kernels: Path) -> None:
    bank = Bank((), ("1s",), kernels)
    bank.clear(3)
    before = len(bank._places)
    for _ in range(10):
        bank.clear(3)
    assert len(bank._places) == before
