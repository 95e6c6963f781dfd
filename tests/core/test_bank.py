"""The bank: its source, its cache, its machine code."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from core.bank import Bank
from core.errors import BadInput
from core.events import TRADE
from core.node import Node, interpreted
from indicators import ALL, ema
from strategies import crossover


def test_the_source_reads_like_a_spreadsheet(kernels: Path) -> None:
    source = Bank((crossover(12, 26),), ("1s",), kernels).source
    assert "o.ema_12 = indicators_ema_ema(s.ema_12, x)" in source
    assert re.search(r"strategies_crossover_crossover\(s.crossover_12_26, x, o.ema_12, o.ema_26, o.atr_14\)", source)
    assert source.count("o.ema_12 =") == 1


def test_a_node_needed_twice_is_computed_once(kernels: Path) -> None:
    bank = Bank((ema(12), crossover(12, 26), crossover(12, 50)), ("1s",), kernels)
    assert [node.name for node in bank.nodes].count("ema_12") == 1


def test_two_different_nodes_of_one_name_are_refused(kernels: Path) -> None:
    other = Node("ema_12", ema(12).step, {"period": 5, "weight": 0.5, "mean": 0.0, "n": 0}, call="ema(5)")
    with pytest.raises(BadInput, match="two different nodes are called 'ema_12'"):
        Bank((ema(12), other), ("1s",), kernels)


@pytest.mark.parametrize("name", ["a b", "a;import os", "1a", ""])
def test_a_name_that_is_not_an_identifier_never_reaches_the_source(name: str) -> None:
    with pytest.raises(BadInput, match="letters, digits"):
        Node(name, ema(12).step, {})


def test_a_node_on_other_rows_than_bars_is_refused(kernels: Path) -> None:
    with pytest.raises(BadInput, match="other than bars"):
        Bank((Node("x", ema(12).step, ema(12).state, on=TRADE),), ("1s",), kernels)


def test_no_reference_is_counted_inside_the_loop(kernels: Path) -> None:
    """Counting references of views costs six times the arithmetic; only the arguments may be counted, once a call."""
    assembly = Bank(tuple(maker() for maker in ALL), ("1s",), kernels).assembly()
    functions = re.split(r"^(?=_ZN\S+:$)", assembly, flags=re.MULTILINE)[1:]
    kernel = next(text for text in functions if text.startswith("_ZN") and "kernel" in text[:20] and "run" in text[:40])
    prologue, loop = re.split(r"^\.LBB0_\d+:", kernel, maxsplit=1, flags=re.MULTILINE)
    assert kernel.count("NRT_incref") == prologue.count("NRT_incref") == 1
    assert loop.count("NRT_decref") == 1  # loaded once, after the loop
    steps = [text for text in functions if re.match(r"_ZN\d+(indicators|strategies)", text)]
    assert steps
    assert not any("NRT_" in text.split("\n.Lfunc_end")[0] for text in steps)


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
        bank = Bank((Node("plus", plus, {"n": 0}),), ("1s",), Path(sys.argv[1]) / "kernels")
        bank.grow(1)
        print(bank(np.zeros(1, BAR))[0]["plus"][0], sum(bank._run.stats.cache_hits.values()))
        """
    )
    (package / "steps.py").write_text(
        "from core.node import step\nfrom mine.inner import inner\n@step\ndef plus(s, x):\n    return inner(x.close)\n"
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

    assert run(2.0) == ["2.0", "0"]
    assert run(2.0) == ["2.0", "1"]  # from the cache
    assert run(100.0) == ["100.0", "0"]


def test_an_interpreted_step_calls_interpreted_steps() -> None:
    for maker in ALL:
        plain = interpreted(maker().step)
        compiled = [name for name in plain.__code__.co_names if hasattr(plain.__globals__.get(name), "py_func")]
        assert compiled == []
